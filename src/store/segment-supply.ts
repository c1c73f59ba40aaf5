import path from 'node:path';
import { systemCode, writeAll, writeAllSync } from './disk.ts';
import type { Disk } from './platform.ts';
import { segmentFileName } from './segment.ts';

/*
 * An fdatasync after a write that makes a file longer costs twice one after a write over bytes
 * that are there (0.23 and 0.12 ms, ext4 on NVMe). So records overwrite zeros: a segment is
 * filled with zeros, and synced, before it is used. A first segment is small, so that an empty
 * folder opens at once; each later one is four times as large, up to the limit, and is filled in
 * the background under another name while the one before it is in use.
 */

export interface OpenSegment {
  readonly sequence: number;
  readonly path: string;
  readonly file: number;
  /** Records end here at the latest. */
  readonly capacityBytes: number;
  /** False until the file's name is known to be durable. */
  folderSynced: boolean;
}

const stepBytes = 1024 * 1024;
const fillBytes = 256 * 1024;
const growth = 4;
const spareName = 'spare';
const zeros = Buffer.alloc(stepBytes);

interface Spare {
  readonly file: number;
  readonly bytes: number;
  filled: number;
  filling: boolean;
  ready: boolean;
}

export class SegmentSupply {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #segmentBytes: number;
  readonly #log: (message: string, details: object) => void;
  #spare: Spare | undefined;
  /** Set after a fill failed: the next roll reports the fault if it is still there. */
  #failed = false;
  #closed: (() => void) | undefined;

  constructor(options: {
    readonly disk: Disk;
    readonly folder: string;
    readonly segmentBytes: number;
    readonly log: (message: string, details: object) => void;
  }) {
    this.#disk = options.disk;
    this.#folder = options.folder;
    this.#segmentBytes = options.segmentBytes;
    this.#log = options.log;
  }

  get folder(): string {
    return this.#folder;
  }

  /**
   * Fills the successor of a segment that is filling up, a step at a time and no faster than the
   * log needs it: each step makes the syncs of the log wait that run beside it.
   */
  maybePrepare(current: OpenSegment, usedBytes: number): void {
    if (this.#failed || usedBytes * growth < current.capacityBytes) return;
    const spare = this.#spare;
    if (spare !== undefined) {
      if (spare.ready || spare.filling) return;
      // From a quarter of the current segment to three quarters, the whole of the next.
      const share = (2 * usedBytes) / current.capacityBytes - 0.5;
      if (spare.filled < share * spare.bytes) this.#fill(spare);
      return;
    }
    const bytes = Math.min(this.#segmentBytes, current.capacityBytes * growth);
    try {
      const file = this.#disk.openSync(this.#sparePath, 'w+');
      this.#spare = { file, bytes, filled: 0, filling: false, ready: false };
    } catch (error) {
      this.#giveUp(error);
    }
  }

  /** The file for segment `sequence`, with room for `bytes` or more. Throws system errors. */
  take(sequence: number, bytes: number): OpenSegment {
    const spare = this.#spare;
    this.#failed = false;
    if (spare?.ready !== true || spare.bytes < bytes) return this.#create(sequence, bytes);
    const file = path.join(this.#folder, segmentFileName(sequence));
    this.#disk.renameSync(this.#sparePath, file);
    this.#spare = undefined;
    return this.#segment(sequence, { file: spare.file, capacityBytes: spare.bytes });
  }

  /** The segment that a store goes on with: as long as its file is. */
  reopen(sequence: number): OpenSegment {
    const target = path.join(this.#folder, segmentFileName(sequence));
    const capacityBytes = this.#disk.sizeSync(target);
    const file = this.#disk.openSync(target, 'r+');
    return { sequence, path: target, file, capacityBytes, folderSynced: true };
  }

  /** Resolves when no fill is under way any more. */
  async close(): Promise<void> {
    const spare = this.#spare;
    if (spare === undefined) return;
    if (!spare.filling) return this.#discard(spare);
    await new Promise<void>((resolve) => {
      this.#closed = resolve;
    });
  }

  get #sparePath(): string {
    return path.join(this.#folder, spareName);
  }

  #create(sequence: number, bytes: number): OpenSegment {
    const target = path.join(this.#folder, segmentFileName(sequence));
    const capacityBytes = Math.max(bytes, Math.min(stepBytes, this.#segmentBytes));
    const file = this.#disk.openSync(target, 'wx+');
    try {
      for (let at = 0; at < capacityBytes; at += stepBytes) {
        const step = zeros.subarray(0, Math.min(stepBytes, capacityBytes - at));
        writeAllSync(this.#disk, file, step, at);
      }
      this.#disk.fdatasyncSync(file);
    } catch (error) {
      // On a full disk the next open needs what this file took.
      this.#disk.closeSync(file);
      this.#disk.unlinkSync(target);
      throw error;
    }
    return this.#segment(sequence, { file, capacityBytes });
  }

  #segment(
    sequence: number,
    opened: { readonly file: number; readonly capacityBytes: number },
  ): OpenSegment {
    const target = path.join(this.#folder, segmentFileName(sequence));
    return { sequence, path: target, ...opened, folderSynced: false };
  }

  #fill(spare: Spare): void {
    const { file, filled } = spare;
    const bytes = zeros.subarray(0, Math.min(fillBytes, spare.bytes - filled));
    spare.filling = true;
    writeAll(this.#disk, { file, bytes, position: filled }, (error) => {
      if (error !== null) return this.#giveUp(error);
      this.#disk.fdatasync(file, (failed) => {
        if (failed) return this.#giveUp(failed);
        spare.filling = false;
        spare.filled += bytes.length;
        spare.ready = spare.filled >= spare.bytes;
        if (this.#closed !== undefined) this.#discard(spare);
      });
    });
  }

  /** No harm yet: the log goes on where it is, and rolls into a segment made on the spot. */
  #giveUp(error: unknown): void {
    const details = { code: systemCode(error), folder: this.#folder };
    this.#log('the next log segment could not be prepared', details);
    this.#failed = true;
    if (this.#spare !== undefined) this.#discard(this.#spare);
  }

  #discard(spare: Spare): void {
    this.#spare = undefined;
    try {
      this.#disk.closeSync(spare.file);
      this.#disk.unlinkSync(this.#sparePath);
    } catch (error) {
      // The next open removes it.
      this.#log('the prepared segment could not be removed', { code: systemCode(error) });
    }
    this.#closed?.();
  }
}

/** Removes what an earlier process prepared and did not use. */
export function removeSpare(disk: Disk, folder: string): void {
  try {
    disk.unlinkSync(path.join(folder, spareName));
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}
