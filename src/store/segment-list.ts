import type { Index } from '../raft/types.ts';
import type { ScannedSegment } from './log-scan.ts';

/** The segments of the log, oldest first, and which of them are still needed. */
export class SegmentList {
  readonly #segments: ScannedSegment[];

  constructor(segments: readonly ScannedSegment[]) {
    this.#segments = [...segments];
  }

  get first(): number {
    return this.#segments[0]?.sequence ?? 1;
  }

  get count(): number {
    return this.#segments.length;
  }

  add(sequence: number, path: string): void {
    this.#segments.push({ sequence, path, lastIndexes: new Map() });
  }

  /** The newest segment holds entries of `partition` up to `index`. */
  note(partition: number, index: Index): void {
    const lastIndexes = this.#segments.at(-1)?.lastIndexes;
    const known = lastIndexes?.get(partition);
    if (known === undefined || known < index) lastIndexes?.set(partition, index);
  }

  /** The partitions without which the oldest segment could go. */
  pinning(needs: (partition: number, last: Index) => boolean): number[] {
    const [oldest, ...newer] = this.#segments;
    if (oldest === undefined || newer.length === 0) return [];
    return [...oldest.lastIndexes]
      .filter(([partition, last]) => needs(partition, last))
      .map(([partition]) => partition);
  }

  /**
   * Takes the segments off the list that no partition needs, oldest first.
   *
   * @param keep the first segment that stays whatever it holds: votes in it are not durable yet
   * @returns the paths of their files
   */
  release(keep: number, needs: (partition: number, last: Index) => boolean): string[] {
    const released: string[] = [];
    for (;;) {
      const oldest = this.#segments[0];
      if (oldest === undefined || oldest.sequence >= keep) return released;
      for (const [partition, last] of oldest.lastIndexes) {
        if (needs(partition, last)) return released;
      }
      released.push(oldest.path);
      this.#segments.shift();
    }
  }
}
