/** About how often log time of an idle leader moves before the first of its leases ends … */
const entriesPerLease = 16;
/** … and after how many looks it moves in any case. */
const looksMax = 8;

export interface TimePace {
  /** The number of this look; groups that move their time at every nth look do it together. */
  readonly look: number;
  /** Ms between two looks. */
  readonly lookMs: number;
  /** Ms until the first lease ends. */
  readonly leftMs: number;
  /** Ms since the last entry. */
  readonly idleMs: number;
}

/**
 * Whether an idle leader moves log time now: the rarer, the longer all of its leases last. A start
 * of all nodes goes on from the last entry. So what that adds to a lease stays small beside what
 * was left of it, and a group whose leases last falls silent between two entries.
 */
export function isTimeDue({ look, lookMs, leftMs, idleMs }: TimePace): boolean {
  let looks = 1;
  while (looks < looksMax && 2 * looks * lookMs * entriesPerLease <= leftMs) looks *= 2;
  return look % looks === 0 && idleMs >= (looks * lookMs) / 2;
}
