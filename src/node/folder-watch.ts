import { type BigIntStats, existsSync, readdirSync, statSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { FencepostError } from '../base/errors.ts';
import { systemCode } from '../store/disk.ts';
import { folders } from '../store/examine.ts';
import { findSequence } from '../store/segment.ts';

/** How soon a lost folder is found; a look costs three calls of the system in the thread pool. */
const lookMsDefault = 1_000;

export interface FolderWatchOptions {
  /** The data folder, which a store has open until `stop` is called. */
  readonly folder: string;
  readonly everyMs?: number;
  /** Called once: what is acknowledged from here on would be lost at the end of the process. */
  readonly onLost: (failure: FencepostError) => void;
}

/**
 * Looks once a second whether the files that the store has open are still those in the data
 * folder. Files that were deleted or moved away take writes and syncs for as long as they are
 * open, so that neither the store nor the system ever reports an error: the node would promise
 * what a restart does not find.
 *
 * Compared are the identity file, which is the same one (device and inode) for as long as a
 * store is open, the newest segment of the log, which never is an older one than before, and the
 * file of LevelDB that names all its others. An error that tells nothing of that (EACCES, EIO)
 * is left to the store to find.
 */
export class FolderWatch {
  readonly #folder: string;
  readonly #everyMs: number;
  readonly #onLost: (failure: FencepostError) => void;
  readonly #identity: string | undefined;
  #newestSegment: number;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor({ folder, everyMs = lookMsDefault, onLost }: FolderWatchOptions) {
    this.#folder = folder;
    this.#everyMs = everyMs;
    this.#onLost = onLost;
    const file = folders.identity(folder);
    const stats = statSync(file, { bigint: true, throwIfNoEntry: false });
    this.#identity = stats && fileIdOf(stats);
    const log = folders.log(folder);
    this.#newestSegment = existsSync(log) ? newestOf(readdirSync(log)) : 0;
    this.#lookLater();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #lookLater(): void {
    // A look never throws: what it finds it hands to `onLost`.
    this.#timer = setTimeout(() => void this.look(), this.#everyMs).unref();
  }

  /** Looks at once, whenever the next look would have been. */
  async look(): Promise<void> {
    clearTimeout(this.#timer);
    const lost = this.#stopped ? undefined : await this.#findLost();
    if (this.#stopped) return;
    if (lost === undefined) return this.#lookLater();
    this.#stopped = true;
    const what = `the data folder ${this.#folder} was deleted, moved or replaced: ${lost}`;
    this.#onLost(new FencepostError('DATA_FOLDER_UNUSABLE', what));
  }

  /** What is not as it was; undefined if everything is. */
  async #findLost(): Promise<string | undefined> {
    const identity = folders.identity(this.#folder);
    const current = path.join(folders.state(this.#folder), 'CURRENT');
    try {
      if (fileIdOf(await stat(identity, { bigint: true })) !== this.#identity) {
        return `${identity} is another file than at the start`;
      }
      await stat(current);
      const newest = newestOf(await readdir(folders.log(this.#folder)));
      if (newest < this.#newestSegment) return `the log has lost segment ${this.#newestSegment}`;
      this.#newestSegment = newest;
      return undefined;
    } catch (error) {
      return isGone(error) ? messageOf(error) : undefined;
    }
  }
}

/** The number of the newest segment among the files of a log; 0 if there is none. */
function newestOf(names: readonly string[]): number {
  return names.reduce((most, name) => Math.max(most, findSequence(name) ?? 0), 0);
}

function fileIdOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

/** There is nothing at the path, or (ESTALE, of NFS) what was there was removed. */
function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ESTALE'].includes(systemCode(error) ?? '');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
