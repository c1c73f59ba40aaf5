import path from 'node:path';
import { systemCode, writeAll } from './disk.ts';
import type { Disk } from './platform.ts';

/*
 * Bytes in the data folder that are given back when the disk is full, so that the node can be
 * started again: opening writes a little, to the state and to the identity file.
 */

const fileName = 'ballast';

/** Makes the ballast in the background, if it is not there and the disk has room to spare. */
export function maybeAddBallast(
  disk: Disk,
  folder: string,
  bytes: number,
  log: (message: string, details: object) => void,
): Promise<void> {
  const file = path.join(folder, fileName);
  if (bytes === 0 || hasBallast(disk, file, bytes) || disk.freeBytesSync(folder) < 4 * bytes) {
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    const finish = (descriptor: number, error: Error | null): void => {
      if (error) log('no ballast: the disk took no more', { code: systemCode(error) });
      disk.closeSync(descriptor);
      if (error) dropBallast(disk, folder);
      resolve();
    };
    const descriptor = disk.openSync(file, 'w');
    // Not zeros: a file system that compresses would keep nothing of them.
    const filling = Buffer.alloc(bytes);
    for (let at = 0; at + 4 <= bytes; at += 4) filling.writeInt32LE(Math.imul(at, 0x9e3779b1), at);
    writeAll(disk, { file: descriptor, bytes: filling, position: 0 }, (error) => {
      if (error !== null) return finish(descriptor, error);
      disk.fdatasync(descriptor, (failed) => finish(descriptor, failed));
    });
  });
}

/** Frees the ballast; true if there was one. Never throws: it is called when writes fail. */
export function dropBallast(disk: Disk, folder: string): boolean {
  try {
    disk.unlinkSync(path.join(folder, fileName));
    return true;
  } catch {
    return false;
  }
}

function hasBallast(disk: Disk, file: string, bytes: number): boolean {
  return disk.existsSync(file) && disk.sizeSync(file) >= bytes;
}
