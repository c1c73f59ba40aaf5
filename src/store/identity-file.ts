import path from 'node:path';
import { syncFolder, writeAll, writeAllSync } from './disk.ts';
import { encodeIdentity, type IdentityRecord, type ReadIdentity, slotBytes } from './identity.ts';
import { emptyLog } from './log-position.ts';
import type { Disk } from './platform.ts';
import type { CreateIdentity } from './store-port.ts';

/** A node without a log. */
export function newIdentity(create: CreateIdentity): IdentityRecord {
  return {
    incarnation: 1,
    peers: new Map(),
    peerAddress: '',
    ...create,
    cuts: 0,
    firstSegment: 1,
    floor: emptyLog,
    partitions: new Map(),
  };
}

/** Creates the file at `file` with `record` in both slots: whole, or not at all. */
export function createIdentity(disk: Disk, file: string, record: IdentityRecord): ReadIdentity {
  const draft = `${file}.new`;
  const descriptor = disk.openSync(draft, 'w');
  try {
    const bytes = Buffer.alloc(2 * slotBytes);
    encodeIdentity(record, 1).copy(bytes, 0);
    encodeIdentity(record, 2).copy(bytes, slotBytes);
    writeAllSync(disk, descriptor, bytes, 0);
    disk.fdatasyncSync(descriptor);
  } finally {
    disk.closeSync(descriptor);
  }
  disk.renameSync(draft, file);
  syncFolder(disk, path.dirname(file));
  return { record, generation: 2 };
}

/** Notes in the identity file at `file` that entries behind those that are there may be lost. */
export function countLoss(disk: Disk, file: string, record: IdentityRecord): IdentityRecord {
  return createIdentity(disk, file, { ...record, cuts: record.cuts + 1 }).record;
}

/**
 * Writes the identity file of an open store. Saves are done one after the other; the promise of
 * a save is kept only when its slot is on disk.
 */
export class IdentityFile {
  readonly #disk: Disk;
  readonly #file: number;
  #generation: number;
  #saved: Promise<void> = Promise.resolve();

  constructor(disk: Disk, file: string, generation: number) {
    this.#disk = disk;
    this.#file = disk.openSync(file, 'r+');
    this.#generation = generation;
  }

  /** Blocks the loop: for the time before and after serving, when no other save is under way. */
  saveSync(record: IdentityRecord): void {
    const slot = this.#nextSlot(record);
    writeAllSync(this.#disk, this.#file, slot.bytes, slot.position);
    this.#disk.fdatasyncSync(this.#file);
  }

  /** Asks `record` for what to save when its turn comes, so that it is never stale. */
  save(record: () => IdentityRecord): Promise<void> {
    const saved = this.#saved.then(() => this.#saveNow(record()));
    // A failed save is reported by its own promise; the next one must not inherit it.
    this.#saved = saved.catch(() => undefined);
    return saved;
  }

  async close(): Promise<void> {
    await this.#saved;
    this.#disk.closeSync(this.#file);
  }

  #saveNow(record: IdentityRecord): Promise<void> {
    const slot = this.#nextSlot(record);
    return new Promise((resolve, reject) => {
      writeAll(this.#disk, { file: this.#file, ...slot }, (error) => {
        if (error !== null) return reject(error);
        this.#disk.fdatasync(this.#file, (failed) => (failed ? reject(failed) : resolve()));
      });
    });
  }

  #nextSlot(record: IdentityRecord): { readonly bytes: Buffer; readonly position: number } {
    this.#generation += 1;
    const position = this.#generation % 2 === 1 ? 0 : slotBytes;
    return { bytes: encodeIdentity(record, this.#generation), position };
  }
}
