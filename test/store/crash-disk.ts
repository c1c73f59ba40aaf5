import fs from 'node:fs';
import path from 'node:path';
import type { Prng } from '../../src/base/prng.ts';
import { nodeDisk } from '../../src/store/disk.ts';
import type { Disk, DiskCallback } from '../../src/store/platform.ts';

interface Unsynced {
  readonly path: string;
  readonly position: number;
  readonly before: Buffer;
  readonly after: Buffer;
  readonly sizeBefore: number;
}

interface Renaming {
  readonly folder: string;
  readonly undo: () => void;
}

const sectorBytes = 512;

/**
 * A disk over real files that can lose power: what was not synced is then kept, lost or torn,
 * write by write and sector by sector, by chance. Its asynchronous calls answer some turns later,
 * in any order, as the thread pool does. And any call can be made to fail.
 */
export class CrashDisk implements Disk {
  readonly #prng: Prng;
  readonly #paths = new Map<number, string>();
  #unsynced: Unsynced[] = [];
  #renamings: Renaming[] = [];
  #dead = false;
  /** Counts the calls that change something; the one with this number fails. */
  failCall = 0;
  failCode = 'EIO';
  calls = 0;
  fdatasyncs = 0;
  /** A disk that reports syncs it did not do: the control on which the tests must fail. */
  lies = false;

  constructor(prng: Prng) {
    this.#prng = prng;
  }

  /** The power is gone: from now on every call fails, and the files are what survived. */
  crash(): void {
    this.#dead = true;
    for (const write of this.#unsynced.reverse()) this.#maybeUndo(write);
    // Names are made durable in the order in which they were changed.
    const lost = this.#prng.below(this.#renamings.length + 1);
    for (const renaming of this.#renamings.reverse().slice(0, lost)) renaming.undo();
  }

  /** Counts a call of something else that shares the fate of this disk, and fails as one. */
  touch(): void {
    this.#check();
  }

  openSync(file: string, flags: string): number {
    this.#check();
    const existed = fs.existsSync(file);
    const descriptor = nodeDisk.openSync(file, flags);
    this.#paths.set(descriptor, file);
    if (!existed) {
      const undo = (): void => fs.rmSync(file, { force: true });
      this.#renamings.push({ folder: path.dirname(file), undo });
    }
    return descriptor;
  }

  closeSync(file: number): void {
    this.#paths.delete(file);
    nodeDisk.closeSync(file);
  }

  writeSync(file: number, bytes: Buffer, position: number): number {
    try {
      this.#check();
    } catch (error) {
      // A write that fails may have written something.
      if (!this.#dead) this.#write(file, bytes, position, this.#prng.below(bytes.length + 1));
      throw error;
    }
    // The system may take less than it was given.
    const count = this.#prng.oneIn(20) ? this.#prng.between(1, bytes.length) : bytes.length;
    return this.#write(file, bytes, position, count);
  }

  #write(file: number, bytes: Buffer, position: number, count: number): number {
    const after = Buffer.from(bytes.subarray(0, count));
    const before = Buffer.alloc(count);
    const target = this.#pathOf(file);
    const sizeBefore = fs.statSync(target).size;
    const reading = fs.openSync(target, 'r');
    const known = fs.readSync(reading, before, 0, count, position);
    fs.closeSync(reading);
    const change = { path: target, position, before: before.subarray(0, known), after, sizeBefore };
    this.#unsynced.push(change);
    return nodeDisk.writeSync(file, after, position);
  }

  fdatasyncSync(file: number): void {
    this.#check();
    this.fdatasyncs += 1;
    if (this.lies) return;
    const target = this.#pathOf(file);
    this.#unsynced = this.#unsynced.filter((write) => write.path !== target);
  }

  fsyncSync(file: number): void {
    this.#check();
    const folder = this.#pathOf(file);
    this.#renamings = this.#renamings.filter((renaming) => renaming.folder !== folder);
  }

  write(file: number, bytes: Buffer, position: number, done: DiskCallback): void {
    this.#later(() => this.writeSync(file, bytes, position), done);
  }

  fdatasync(file: number, done: DiskCallback): void {
    // Only what was written when it began is covered.
    const target = this.#paths.get(file);
    const covered = this.#unsynced.filter((write) => write.path === target);
    this.#later(() => {
      this.#check();
      this.fdatasyncs += 1;
      if (this.lies) return 0;
      this.#unsynced = this.#unsynced.filter((write) => !covered.includes(write));
      return 0;
    }, done);
  }

  fsync(file: number, done: DiskCallback): void {
    this.#later(() => {
      this.fsyncSync(file);
      return 0;
    }, done);
  }

  renameSync(from: string, to: string): void {
    this.#check();
    nodeDisk.renameSync(from, to);
    for (const [descriptor, name] of this.#paths) {
      if (name === from) this.#paths.set(descriptor, to);
    }
    this.#unsynced = this.#unsynced.map((write) =>
      write.path === from ? { ...write, path: to } : write,
    );
    if (path.basename(from) !== 'spare') return;
    this.#renamings.push({ folder: path.dirname(to), undo: () => fs.renameSync(to, from) });
  }

  unlinkSync(file: string): void {
    this.#check();
    const bytes = fs.readFileSync(file);
    nodeDisk.unlinkSync(file);
    this.#unsynced = this.#unsynced.filter((write) => write.path !== file);
    const undo = (): void => fs.writeFileSync(file, bytes);
    this.#renamings.push({ folder: path.dirname(file), undo });
  }

  truncateSync(file: number, length: number): void {
    this.#check();
    nodeDisk.truncateSync(file, length);
  }

  // Reads see what was written, durable or not, as through the kernel's cache.

  existsSync(file: string): boolean {
    return nodeDisk.existsSync(file);
  }

  readdirSync(folder: string): string[] {
    return nodeDisk.readdirSync(folder);
  }

  readFileSync(file: string): Buffer {
    return nodeDisk.readFileSync(file);
  }

  sizeSync(file: string): number {
    return nodeDisk.sizeSync(file);
  }

  mkdirSync(folder: string): void {
    this.#check();
    nodeDisk.mkdirSync(folder);
  }

  freeBytesSync(folder: string): number {
    return nodeDisk.freeBytesSync(folder);
  }

  #later(act: () => number, done: DiskCallback): void {
    let turns = this.#prng.below(4);
    const step = (): void => {
      turns -= 1;
      if (turns >= 0) {
        setImmediate(step);
        return;
      }
      let count: number;
      try {
        count = act();
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)));
        return;
      }
      done(null, count);
    };
    setImmediate(step);
  }

  #maybeUndo(write: Unsynced): void {
    if (!fs.existsSync(write.path)) return;
    const file = fs.openSync(write.path, 'r+');
    const fate = this.#prng.below(3);
    for (let at = 0; at < write.after.length; at += sectorBytes) {
      const lost = fate === 0 || (fate === 1 && this.#prng.oneIn(2));
      if (!lost) continue;
      const old = Buffer.alloc(Math.min(sectorBytes, write.after.length - at));
      write.before.subarray(at).copy(old);
      fs.writeSync(file, old, 0, old.length, write.position + at);
    }
    if (fate === 0) fs.ftruncateSync(file, write.sizeBefore);
    fs.closeSync(file);
  }

  #check(): void {
    if (this.#dead) throw Object.assign(new Error('the power is gone'), { code: 'EIO' });
    this.calls += 1;
    if (this.calls !== this.failCall) return;
    const { failCode } = this;
    throw Object.assign(new Error(`${failCode}: made to fail`), { code: failCode });
  }

  #pathOf(file: number): string {
    const known = this.#paths.get(file);
    if (known === undefined) throw new Error('a call with a file that is not open');
    return known;
  }
}
