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
  pinning(checkpointOf: (partition: number) => Index): number[] {
    const [oldest, ...newer] = this.#segments;
    if (oldest === undefined || newer.length === 0) return [];
    return [...oldest.lastIndexes]
      .filter(([partition, last]) => checkpointOf(partition) < last)
      .map(([partition]) => partition);
  }

  /**
   * Takes the segments off the list that every partition has a checkpoint beyond.
   *
   * @param keep the first segment that stays whatever it holds: votes in it are not durable yet
   * @returns the paths of their files
   */
  release(keep: number, checkpointOf: (partition: number) => Index): string[] {
    const released: string[] = [];
    for (;;) {
      const oldest = this.#segments[0];
      if (oldest === undefined || oldest.sequence >= keep) return released;
      for (const [partition, last] of oldest.lastIndexes) {
        if (checkpointOf(partition) < last) return released;
      }
      released.push(oldest.path);
      this.#segments.shift();
    }
  }
}
