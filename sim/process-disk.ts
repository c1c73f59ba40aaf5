import type { Disk, DiskCallback } from '../src/store/platform.ts';
import {
  type Content,
  type DiskUser,
  type SimDisk,
  systemError,
  type Unsynced,
} from './sim-disk.ts';

/** The disk as one process uses it; its open files end with it. */
export class ProcessDisk implements Disk {
  readonly #disk: SimDisk;
  readonly #user: DiskUser;
  readonly #open = new Map<
    number,
    { readonly name: string; readonly content: Content | undefined }
  >();
  #nextFile = 3;

  constructor(disk: SimDisk, user: DiskUser) {
    this.#disk = disk;
    this.#user = user;
  }

  openSync(name: string, flags: string): number {
    this.#checkAlive();
    const disk = this.#disk;
    const exists = disk.hasName(name);
    if (flags.includes('x') && exists) throw systemError('EEXIST', name);
    if (!exists && flags.startsWith('r')) throw systemError('ENOENT', name);
    if (!exists) disk.checkCreate();
    const content = disk.isFolder(name)
      ? undefined
      : exists
        ? disk.content(name)
        : disk.create(name);
    const file = this.#nextFile;
    this.#nextFile += 1;
    this.#open.set(file, { name, content });
    if (exists && flags.startsWith('w')) this.truncateSync(file, 0);
    return file;
  }

  closeSync(file: number): void {
    if (!this.#user.alive) return;
    if (!this.#open.delete(file)) throw systemError('EBADF', `${file}`);
  }

  writeSync(file: number, bytes: Buffer, position: number): number {
    const content = this.#contentOf(file);
    const count = this.#disk.takenBytes(bytes.length);
    this.#disk.checkWrite(content, position + count);
    this.#disk.write(content, bytes.subarray(0, count), position);
    return count;
  }

  fdatasyncSync(file: number): void {
    const content = this.#contentOf(file);
    this.#sync(content, content.unsynced);
  }

  fsyncSync(file: number): void {
    const { name, content } = this.#handleOf(file);
    if (content !== undefined) {
      this.#sync(content, content.unsynced);
      return;
    }
    this.#disk.checkSync();
    this.#disk.syncFolder(name);
  }

  write(file: number, bytes: Buffer, position: number, done: DiskCallback): void {
    this.#later(file, () => this.writeSync(file, bytes, position), done);
  }

  fdatasync(file: number, done: DiskCallback): void {
    // Only what was written when it began is covered.
    const content = this.#contentOf(file);
    const covered = [...content.unsynced];
    this.#later(file, () => this.#sync(content, covered), done);
  }

  fsync(file: number, done: DiskCallback): void {
    this.#later(
      file,
      () => {
        this.fsyncSync(file);
        return 0;
      },
      done,
    );
  }

  renameSync(from: string, to: string): void {
    this.#checkAlive();
    this.#disk.move(from, to);
  }

  unlinkSync(name: string): void {
    this.#checkAlive();
    this.#disk.unlink(name);
  }

  truncateSync(file: number, length: number): void {
    const content = this.#contentOf(file);
    if (length < content.size) content.bytes.fill(0, length);
    content.size = length;
  }

  existsSync(name: string): boolean {
    return this.#disk.hasName(name);
  }

  readdirSync(folder: string): string[] {
    return this.#disk.list(folder);
  }

  readFileSync(name: string): Buffer {
    const { bytes, size } = this.#disk.content(name);
    return Buffer.from(bytes.subarray(0, size));
  }

  sizeSync(name: string): number {
    return this.#disk.sizeOf(name);
  }

  mkdirSync(folder: string): void {
    this.#checkAlive();
    this.#disk.mkdir(folder);
  }

  freeBytesSync(): number {
    return this.#disk.freeBytes;
  }

  #sync(content: Content, covered: readonly Unsynced[]): number {
    try {
      this.#disk.checkSync();
    } catch (error) {
      this.#disk.sync(content, covered, true);
      throw error;
    }
    this.#disk.sync(content, covered, false);
    return 0;
  }

  #later(file: number, act: () => number, done: DiskCallback): void {
    const { name } = this.#handleOf(file);
    // The log is written without promises; everything else may wait for one.
    const resumes = !name.endsWith('.log');
    // Before the process hears of it, or right away: it may be killed in between.
    const early = this.#disk.actsEarly() ? attempt(act) : undefined;
    this.#user.later(this.#disk.latencyMicros(), () => {
      this.#disk.whenFree(() => {
        this.#user.later(0, () => {
          if (resumes) this.#user.mayResume();
          const { error, count } = early ?? attempt(act);
          done(error, count);
        });
      });
    });
  }

  #contentOf(file: number): Content {
    const { content, name } = this.#handleOf(file);
    if (content === undefined) throw systemError('EISDIR', name);
    return content;
  }

  #checkAlive(): void {
    if (!this.#user.alive) throw systemError('EIO', 'the process is dead');
  }

  #handleOf(file: number): { readonly name: string; readonly content: Content | undefined } {
    this.#checkAlive();
    const handle = this.#open.get(file);
    if (handle === undefined) throw systemError('EBADF', `${file}`);
    return handle;
  }
}

interface Attempt {
  readonly error: Error | null;
  readonly count: number;
}

function attempt(act: () => number): Attempt {
  try {
    return { error: null, count: act() };
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)), count: 0 };
  }
}
