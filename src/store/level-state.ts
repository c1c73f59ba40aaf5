import path from 'node:path';
import { Level } from 'level';
import { FencepostError } from '../base/errors.ts';
import { diskError, nodeDisk, systemCode } from './disk.ts';
import type { RowRange, StateBackend, StateBatch, StateIterator } from './platform.ts';

type Database = Level<Buffer, Buffer>;

/** Bytes at which one read of an iterator ends, whatever count was asked for. */
const readBytes = 256 * 1024;

/** The state in a LevelDB folder. LevelDB's own lock keeps other processes out. */
export async function openLevelState(folder: string): Promise<StateBackend> {
  const names = nodeDisk.existsSync(folder) ? nodeDisk.readdirSync(folder) : [];
  if (names.some((name) => name.endsWith('.ldb')) && !names.includes('CURRENT')) {
    // LevelDB would start anew and delete the tables that nothing names any more.
    const what = 'expected the file that names the tables, found no such file';
    throw new FencepostError('DATA_DAMAGED', `${path.join(folder, 'CURRENT')}: ${what}`);
  }
  const database: Database = new Level(folder, { keyEncoding: 'buffer', valueEncoding: 'buffer' });
  try {
    await database.open();
  } catch (error) {
    throw openError(error, folder);
  }
  return new LevelState(database);
}

class LevelState implements StateBackend {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  iterate(range: RowRange): StateIterator {
    // LevelDB takes its snapshot when the iterator is made.
    const iterator = this.#database.iterator({ ...range, highWaterMarkBytes: readBytes });
    return { next: (count) => iterator.nextv(count), close: () => iterator.close() };
  }

  getMany(keys: readonly Buffer[]): Promise<(Buffer | undefined)[]> {
    return this.#database.getMany([...keys]);
  }

  batch(): StateBatch {
    const batch = this.#database.batch();
    return {
      put: (key, value) => void batch.put(key, value),
      delete: (key) => void batch.del(key),
      write: () => batch.write({ sync: true }),
    };
  }

  clear(range: RowRange): Promise<void> {
    return this.#database.clear(range);
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}

function openError(error: unknown, folder: string): FencepostError {
  const cause = error instanceof Error ? error.cause : undefined;
  const reason = cause instanceof Error ? cause.message : String(error);
  const code = systemCode(cause);
  const parent = path.dirname(folder);
  if (code === 'LEVEL_LOCKED') {
    const what = `another process has the data folder ${parent} open`;
    return new FencepostError('DATA_FOLDER_IN_USE', what, cause);
  }
  if (/no space left|input\/output error/i.test(reason))
    return diskError(cause, `opening ${folder}`);
  const system = /permission denied|read-only|not a directory|EACCES|EROFS|ENOTDIR|EEXIST/i;
  if (system.test(reason)) {
    const what = `the data folder ${parent} cannot be used: ${reason}`;
    return new FencepostError('DATA_FOLDER_UNUSABLE', what, cause);
  }
  const what = `${folder}: expected a LevelDB database, found: ${reason}`;
  return new FencepostError('DATA_DAMAGED', what, cause);
}
