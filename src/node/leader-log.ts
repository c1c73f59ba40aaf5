import type { Partition } from '../partition/partition.ts';
import { NOBODY } from '../raft/types.ts';
import type { LogLevel } from '../transport/transport-options.ts';

/** Tells the log, in one line for all partitions, what this node leads and what nobody leads. */
export class LeaderLog {
  readonly #log: (message: string, details: object, level?: LogLevel) => void;
  #led = '';
  #leaderless = '';
  #seenLeaderless = '';

  constructor(log: (message: string, details: object, level?: LogLevel) => void) {
    this.#log = log;
  }

  /** Called about once a second. */
  look(partitions: readonly Partition[]): void {
    const led = rangesOf(partitions.filter(({ ready }) => ready));
    if (led !== this.#led) {
      this.#led = led;
      this.#log('this node leads partitions', { partitions: led === '' ? 'none' : led });
    }
    const leaderless = rangesOf(partitions.filter(({ raft }) => raft.leader === NOBODY));
    // At every change of leaders nobody leads for a moment.
    const lasts = leaderless === this.#seenLeaderless;
    this.#seenLeaderless = leaderless;
    if (!lasts || leaderless === this.#leaderless) return;
    this.#leaderless = leaderless;
    if (leaderless === '') this.#log('every partition has a leader again', {});
    else this.#log('partitions have no leader', { partitions: leaderless }, 'warn');
  }
}

/** The numbers of partitions, which rise: `0,2-5`. */
function rangesOf(partitions: readonly Partition[]): string {
  const ranges: { readonly first: number; last: number }[] = [];
  for (const { id } of partitions) {
    const range = ranges.at(-1);
    if (range !== undefined && range.last === id - 1) range.last = id;
    else ranges.push({ first: id, last: id });
  }
  return ranges.map(({ first, last }) => (first === last ? first : `${first}-${last}`)).join(',');
}
