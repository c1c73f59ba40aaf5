import type { KeyAndValue } from './store-port.ts';

/*
 * What the store asks of the machine below it: files, an ordered database, and time. A node has
 * `nodeDisk`, `openLevelState` and `nodeTimers`. A test or a simulator passes its own, and runs
 * everything else of the store as it is.
 */

/**
 * The calls of the system on files. Failures are thrown, or handed to the callback, as errors
 * with the system's `code`. Asynchronous calls may finish in any order; their callbacks never
 * run inside the call.
 */
export interface Disk {
  openSync(path: string, flags: string): number;
  closeSync(file: number): void;
  /** Returns how many bytes were taken, which may be fewer than given (write(2)). */
  writeSync(file: number, bytes: Buffer, position: number): number;
  fdatasyncSync(file: number): void;
  /** For folders: makes created, renamed and removed names durable. */
  fsyncSync(file: number): void;
  write(file: number, bytes: Buffer, position: number, done: DiskCallback): void;
  fdatasync(file: number, done: DiskCallback): void;
  fsync(file: number, done: DiskCallback): void;
  /** Of files and of folders; replaces a file that is there. */
  renameSync(from: string, to: string): void;
  unlinkSync(path: string): void;
  truncateSync(file: number, length: number): void;
  existsSync(path: string): boolean;
  /** The names in a folder, in any order. Throws ENOENT if there is no such folder. */
  readdirSync(folder: string): string[];
  readFileSync(path: string): Buffer;
  /** Bytes of the file. */
  sizeSync(path: string): number;
  /** Makes one folder below one that exists. */
  mkdirSync(folder: string): void;
  /** Bytes that may still be written to the file system of `folder`. */
  freeBytesSync(folder: string): number;
}

export type DiskCallback = (error: Error | null, count?: number) => void;

/** The keys from `gte` on and before `lt`, in the order of their bytes. */
export interface RowRange {
  readonly gte: Buffer;
  readonly lt: Buffer;
}

/**
 * An ordered database of byte strings. It keeps others from opening the same folder until it is
 * closed. Buffers that were passed to it or came from it are not changed by either side.
 */
export interface StateBackend {
  /** The rows of a range as they are at this call, whatever is written later. */
  iterate(range: RowRange): StateIterator;
  /** The values in the order of the keys; undefined where there is no row. */
  getMany(keys: readonly Buffer[]): Promise<readonly (Buffer | undefined)[]>;
  batch(): StateBatch;
  /** Deletes the rows of a range: in steps, and durable some time later. */
  clear(range: RowRange): Promise<void>;
  close(): Promise<void>;
}

export interface StateIterator {
  /** At most `count` of the next rows, ascending; none at the end. */
  next(count: number): Promise<readonly KeyAndValue[]>;
  close(): Promise<void>;
}

/** Changes that happen all together or not at all. */
export interface StateBatch {
  put(key: Buffer, value: Buffer): void;
  delete(key: Buffer): void;
  /** Resolves when the changes are durable. */
  write(): Promise<void>;
}

/** @throws FencepostError DATA_FOLDER_IN_USE, DATA_FOLDER_UNUSABLE, DATA_DAMAGED */
export type OpenState = (folder: string) => Promise<StateBackend>;

export interface StoreTimers {
  /** Monotonic, with fractions. */
  nowMs(): number;
  /** Calls `act` once after about `ms`, and keeps no process alive; the result cancels it. */
  after(ms: number, act: () => void): () => void;
}
