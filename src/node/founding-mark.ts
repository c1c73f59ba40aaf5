import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * A founder without any past could be a node that lost its data while all its peers were down. So
 * a folder that was made without word from a peer that knows keeps a mark until the cluster's
 * record names the node; until then each start asks the peers again.
 */
const markName = 'cluster-unconfirmed';

export async function markFounding(folder: string): Promise<void> {
  await writeFile(path.join(folder, markName), '');
}

export function isFounding(folder: string): boolean {
  return existsSync(path.join(folder, markName));
}

export async function unmarkFounding(folder: string): Promise<void> {
  await rm(path.join(folder, markName), { force: true });
}
