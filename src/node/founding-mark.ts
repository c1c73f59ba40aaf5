import { existsSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import path from 'node:path';

/**
 * A founder without any past could be a node that lost its data while all its peers were down. So
 * a folder that was made without word from a peer that knows keeps a mark until the cluster's
 * record names the node; until then each start asks the peers again.
 */
const markName = 'cluster-unconfirmed';

export async function markFounding(folder: string): Promise<void> {
  const file = await open(path.join(folder, markName), 'w');
  await file.sync();
  await file.close();
  // The groups that are founded next are on disk for good; without the mark they would seem to be
  // those of a node whose past is known.
  const entries = await open(folder, 'r');
  await entries.sync();
  await entries.close();
}

export function isFounding(folder: string): boolean {
  return existsSync(path.join(folder, markName));
}

export async function unmarkFounding(folder: string): Promise<void> {
  await rm(path.join(folder, markName), { force: true });
}
