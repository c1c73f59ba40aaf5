import fs from 'node:fs';
import { FencepostError } from '../base/errors.ts';
import type { Disk } from './platform.ts';

export const nodeDisk: Disk = {
  openSync: (path, flags) => fs.openSync(path, flags),
  closeSync: (file) => fs.closeSync(file),
  writeSync: (file, bytes, position) => fs.writeSync(file, bytes, 0, bytes.length, position),
  fdatasyncSync: (file) => fs.fdatasyncSync(file),
  fsyncSync: (file) => fs.fsyncSync(file),
  write: (file, bytes, position, done) => fs.write(file, bytes, 0, bytes.length, position, done),
  fdatasync: (file, done) => fs.fdatasync(file, done),
  fsync: (file, done) => fs.fsync(file, done),
  renameSync: (from, to) => fs.renameSync(from, to),
  unlinkSync: (path) => fs.unlinkSync(path),
  truncateSync: (file, length) => fs.ftruncateSync(file, length),
  existsSync: (path) => fs.existsSync(path),
  readdirSync: (folder) => fs.readdirSync(folder),
  readFileSync: (path) => fs.readFileSync(path),
  sizeSync: (path) => fs.statSync(path).size,
  mkdirSync: (folder) => fs.mkdirSync(folder),
  freeBytesSync: (folder) => {
    const { bavail, bsize } = fs.statfsSync(folder);
    return bavail * bsize;
  },
};

/** Writes all of `bytes`: the system may take fewer in one call (write(2)). */
export function writeAllSync(disk: Disk, file: number, bytes: Buffer, position: number): void {
  let done = disk.writeSync(file, bytes, position);
  while (done < bytes.length) {
    const count = disk.writeSync(file, bytes.subarray(done), position + done);
    if (count === 0) throw new Error('the system wrote no byte and reported no error');
    done += count;
  }
}

/** As `writeAllSync`, through the thread pool. */
export function writeAll(
  disk: Disk,
  target: { readonly file: number; readonly bytes: Buffer; readonly position: number },
  done: (error: Error | null) => void,
): void {
  const { file, bytes, position } = target;
  disk.write(file, bytes, position, (error, count = 0) => {
    if (error !== null) return done(error);
    if (count >= bytes.length) return done(null);
    if (count === 0) return done(new Error('the system wrote no byte and reported no error'));
    writeAll(disk, { file, bytes: bytes.subarray(count), position: position + count }, done);
  });
}

/** Makes a file of `bytes`, durable but for its name. */
export function writeFileSync(disk: Disk, path: string, bytes: Buffer): void {
  const file = disk.openSync(path, 'w');
  try {
    if (bytes.length > 0) writeAllSync(disk, file, bytes, 0);
    disk.fdatasyncSync(file);
  } finally {
    disk.closeSync(file);
  }
}

/** Makes the names in `folder` durable. */
export function syncFolder(disk: Disk, folder: string): void {
  const file = disk.openSync(folder, 'r');
  try {
    disk.fsyncSync(file);
  } finally {
    disk.closeSync(file);
  }
}

/** The code of a system error (`ENOSPC`), if `error` is one. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** What a failed write or sync means to the node. */
export function diskError(error: unknown, what: string): FencepostError {
  if (error instanceof FencepostError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const code = systemCode(error);
  const full = code === 'ENOSPC' || code === 'EDQUOT' || /no space left/i.test(reason);
  if (full) return new FencepostError('DISK_FULL', `no space left: ${what}: ${reason}`, error);
  return new FencepostError('DISK_FAILED', `the disk failed: ${what}: ${reason}`, error);
}
