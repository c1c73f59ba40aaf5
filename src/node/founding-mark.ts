import path from 'node:path';
import { nodeDisk, syncFolder, writeFileSync } from '../store/disk.ts';
import type { Disk } from '../store/platform.ts';

/**
 * A founder without any past could be a node that lost its data while all its peers were down. So
 * a folder that was made without word from a peer that knows keeps a mark until the cluster's
 * record names the node; until then each start asks the peers again.
 */
const markName = 'cluster-unconfirmed';

/**
 * The groups that are founded next are on disk for good; without the mark they would seem to be
 * those of a node whose past is known.
 */
export function markFounding(folder: string, disk: Disk = nodeDisk): void {
  writeFileSync(disk, path.join(folder, markName), Buffer.alloc(0));
  syncFolder(disk, folder);
}

export function isFounding(folder: string, disk: Disk = nodeDisk): boolean {
  return disk.existsSync(path.join(folder, markName));
}

/**
 * A mark that a loss of power brought back would let a later start take a peer without data for
 * another that founds, and begin anew with it.
 */
export function unmarkFounding(folder: string, disk: Disk = nodeDisk): void {
  if (!isFounding(folder, disk)) return;
  disk.unlinkSync(path.join(folder, markName));
  syncFolder(disk, folder);
}

/** The file that keeps the name which the first leader gave the cluster. */
const foundingName = 'cluster-founding';

/** Half a name would be that of another cluster, so the file appears as a whole. */
export function keepFounding(folder: string, foundingId: string, disk: Disk = nodeDisk): void {
  const file = path.join(folder, foundingName);
  writeFileSync(disk, `${file}.new`, Buffer.from(foundingId));
  disk.renameSync(`${file}.new`, file);
  syncFolder(disk, folder);
}

/** '' if the folder has none. */
export function keptFounding(folder: string, disk: Disk = nodeDisk): string {
  const file = path.join(folder, foundingName);
  return disk.existsSync(file) ? disk.readFileSync(file).toString() : '';
}
