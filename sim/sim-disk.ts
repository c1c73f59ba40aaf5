import path from 'node:path';
import type { Prng } from '../src/base/prng.ts';
import type { Disk } from '../src/store/platform.ts';
import { ProcessDisk } from './process-disk.ts';
import type { DiskProfile } from './profile.ts';

/** A write that the disk itself may not have yet. */
export interface Unsynced {
  readonly position: number;
  /** Of the whole write, though bytes that stayed the same are not kept in `before`. */
  readonly length: number;
  readonly before: Buffer;
  readonly sizeBefore: number;
  /** A sync failed: the kernel took it for written, and no later sync writes it (fsyncgate). */
  dropped: boolean;
}

/** The bytes of a file, whatever its name. */
export interface Content {
  bytes: Buffer;
  size: number;
  unsynced: Unsynced[];
}

interface NameChange {
  readonly folder: string;
  readonly undo: () => void;
}

/** What a process sees of the simulator while it uses a disk. */
export interface DiskUser {
  /** What a dead process still tries to do has no effect. */
  readonly alive: boolean;
  /** Runs `then` on the loop of the process after the delay; never if it has died by then. */
  later(delayMicros: number, then: () => void): void;
  /** Promises may go on because of what happens now. */
  mayResume(): void;
}

const sectorBytes = 512;
const freeBytes = 4 * 1024 * 1024 * 1024;

/**
 * The files of one machine, in memory. They outlive its processes. A killed process loses nothing
 * that it has written; a power loss leaves of what was not synced some writes, some sectors of a
 * write, or none, and of names that were not synced the oldest ones.
 */
export class SimDisk {
  readonly #prng: Prng;
  readonly #names = new Map<string, Content>();
  readonly #folders = new Set<string>(['/']);
  #nameChanges: NameChange[] = [];
  profile: DiskProfile;
  /** Every answer takes this much longer. */
  slowMicros = 0;
  /** Answers wait until the disk is let go. */
  stuck = false;
  failing: 'EIO' | 'ENOSPC' | undefined;
  #held: (() => void)[] = [];
  tornCount = 0;
  errorCount = 0;

  constructor(prng: Prng, profile: DiskProfile) {
    this.#prng = prng;
    this.profile = profile;
  }

  /** A new process opens the disk. */
  attach(user: DiskUser): Disk {
    return new ProcessDisk(this, user);
  }

  unstick(): void {
    this.stuck = false;
    const held = this.#held;
    this.#held = [];
    for (const release of held) release();
  }

  /** What the machine holds after its power came back. */
  losePower(): void {
    for (const content of new Set(this.#names.values())) this.#lose(content);
    const lost = this.#prng.below(this.#nameChanges.length + 1);
    for (const change of this.#nameChanges.reverse().slice(0, lost)) change.undo();
    this.#nameChanges = [];
    this.#held = [];
  }

  /** Nothing is left, as on a new disk. */
  erase(): void {
    this.#names.clear();
    this.#folders.clear();
    this.#folders.add('/');
    this.#nameChanges = [];
    this.#held = [];
  }

  /** Flips one bit of a file, as a disk does that reports no error. */
  flipBit(file: string, offset: number, bit: number): void {
    const { bytes } = this.content(file);
    bytes[offset] = (bytes[offset] ?? 0) ^ (1 << bit);
  }

  sizeOf(file: string): number {
    return this.content(file).size;
  }

  filesIn(folder: string): readonly string[] {
    return [...this.#names.keys()].filter((name) => path.dirname(name) === folder).sort();
  }

  /** An answer that is due: now, or when the disk is let go. */
  whenFree(answer: () => void): void {
    if (this.stuck) this.#held.push(answer);
    else answer();
  }

  latencyMicros(): number {
    const { syncMicrosMax } = this.profile;
    return 20 + this.#prng.below(syncMicrosMax) + this.#prng.below(this.slowMicros + 1);
  }

  hasName(name: string): boolean {
    return this.#names.has(name) || this.#folders.has(name);
  }

  isFolder(name: string): boolean {
    return this.#folders.has(name);
  }

  content(name: string): Content {
    const found = this.#names.get(name);
    if (found === undefined) throw systemError('ENOENT', name);
    return found;
  }

  create(name: string): Content {
    const content: Content = { bytes: Buffer.alloc(0), size: 0, unsynced: [] };
    this.#rename(name, content);
    return content;
  }

  mkdir(name: string): void {
    if (!this.#folders.has(path.dirname(name))) throw systemError('ENOENT', name);
    if (this.hasName(name)) throw systemError('EEXIST', name);
    this.#folders.add(name);
  }

  list(folder: string): string[] {
    if (!this.#folders.has(folder)) throw systemError('ENOENT', folder);
    const names = [...this.#names.keys(), ...this.#folders];
    return names
      .filter((name) => name !== '/' && path.dirname(name) === folder)
      .map((name) => path.basename(name));
  }

  move(from: string, to: string): void {
    if (this.#folders.has(from)) return this.#moveFolder(from, to);
    const content = this.content(from);
    const replaced = this.#names.get(to);
    this.#names.delete(from);
    this.#names.set(to, content);
    this.#changed(to, () => {
      if (this.#names.get(to) !== content) return;
      this.#names.set(from, content);
      if (replaced === undefined) this.#names.delete(to);
      else this.#names.set(to, replaced);
    });
  }

  unlink(name: string): void {
    const content = this.content(name);
    this.#names.delete(name);
    this.#changed(name, () => {
      if (!this.#names.has(name)) this.#names.set(name, content);
    });
  }

  write(content: Content, bytes: Buffer, position: number): void {
    const end = position + bytes.length;
    if (end > content.bytes.length) {
      const grown = Buffer.alloc(Math.max(end, 2 * content.bytes.length));
      content.bytes.copy(grown, 0, 0, content.size);
      content.bytes = grown;
    }
    const count = changedBytes(content.bytes, bytes, position);
    const before = Buffer.from(content.bytes.subarray(position, position + count));
    const { length } = bytes;
    const sizeBefore = content.size;
    content.unsynced.push({ position, length, before, sizeBefore, dropped: false });
    bytes.copy(content.bytes, position, 0, count);
    content.size = Math.max(content.size, end);
  }

  /** Makes `covered` durable, or leaves it to a cache that nobody will write out any more. */
  sync(content: Content, covered: readonly Unsynced[], failed: boolean): void {
    if (failed) {
      for (const write of covered) write.dropped = true;
      return;
    }
    const done = new Set(covered.filter(({ dropped }) => !dropped));
    content.unsynced = content.unsynced.filter((write) => {
      if (done.has(write)) return false;
      if (!write.dropped) return true;
      // Written over by something that is durable now.
      return !covered.some((other) => !other.dropped && overlaps(other, write));
    });
  }

  syncFolder(folder: string): void {
    this.#nameChanges = this.#nameChanges.filter((change) => change.folder !== folder);
  }

  /** Throws the error of a failing disk; ENOSPC only where the file grows. */
  checkWrite(content: Content, end: number): void {
    if (this.failing === 'EIO' || (this.failing === 'ENOSPC' && end > content.size)) this.#fail();
  }

  checkSync(): void {
    if (this.failing === 'EIO') this.#fail();
  }

  checkCreate(): void {
    if (this.failing !== undefined) this.#fail();
  }

  /** The system may take less than it is given. */
  takenBytes(count: number): number {
    return count > 1 && this.#prng.oneIn(40) ? this.#prng.between(1, count) : count;
  }

  /** Whether a call has its effect long before it is answered. */
  actsEarly(): boolean {
    return this.#prng.oneIn(2);
  }

  get freeBytes(): number {
    return this.failing === 'ENOSPC' ? 0 : freeBytes;
  }

  #fail(): never {
    this.errorCount += 1;
    throw systemError(this.failing ?? 'EIO', 'made to fail');
  }

  #rename(name: string, content: Content): void {
    this.#names.set(name, content);
    this.#changed(name, () => {
      if (this.#names.get(name) === content) this.#names.delete(name);
    });
  }

  #moveFolder(from: string, to: string): void {
    for (const [name, content] of [...this.#names]) {
      if (!name.startsWith(`${from}/`)) continue;
      this.#names.delete(name);
      this.#names.set(to + name.slice(from.length), content);
    }
    for (const name of [...this.#folders]) {
      if (name !== from && !name.startsWith(`${from}/`)) continue;
      this.#folders.delete(name);
      this.#folders.add(to + name.slice(from.length));
    }
  }

  #changed(name: string, undo: () => void): void {
    this.#nameChanges.push({ folder: path.dirname(name), undo });
  }

  #lose(content: Content): void {
    for (const write of content.unsynced.reverse()) {
      const fate = write.dropped ? 0 : this.#prng.below(3);
      if (fate === 2) continue;
      this.tornCount += 1;
      for (let at = 0; at < write.before.length; at += sectorBytes) {
        if (fate === 1 && this.#prng.oneIn(2)) continue;
        write.before.copy(content.bytes, write.position + at, at, at + sectorBytes);
      }
      if (fate === 0) content.size = write.sizeBefore;
    }
    content.unsynced = [];
  }
}

/** How much of a write is to be remembered: long slots of the identity file are mostly zeros. */
function changedBytes(known: Buffer, bytes: Buffer, position: number): number {
  let count = bytes.length;
  while (count > sectorBytes) {
    const half = count >> 1;
    if (bytes.compare(known, position + half, position + count, half, count) !== 0) break;
    count = half;
  }
  return count;
}

function overlaps(left: Unsynced, right: Unsynced): boolean {
  return (
    left.position < right.position + right.length && right.position < left.position + left.length
  );
}

export function systemError(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code });
}
