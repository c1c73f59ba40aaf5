import { median } from '../harness/statistics.ts';

/** The longest time in which no node served one partition, during one round's faults. */
export interface Gap {
  readonly ms: number;
  readonly round: string;
}

/** What a campaign saw and what was found in it. */
export interface Verdict {
  readonly seconds: number;
  readonly rounds: number;
  /** How often each fault was caused. */
  readonly faults: ReadonlyMap<string, number>;
  /** Operations that were judged, and how many of them had no known outcome. */
  readonly operations: number;
  readonly unknown: number;
  /** Commands that were refused because there was no quorum. */
  readonly refused: number;
  readonly grants: number;
  /** Different tokens that were seen. */
  readonly tokens: number;
  readonly leaderMoves: number;
  /** For each partition and each round whose faults left a majority alive. */
  readonly gaps: readonly Gap[];
  readonly violations: readonly string[];
}

export type Conclusion = 'passed' | 'failed' | 'proves nothing';

/** A run in which leadership never moved, or nothing was granted, proves nothing. */
export function concludeFrom({ violations, leaderMoves, grants }: Verdict): Conclusion {
  if (violations.length > 0) return 'failed';
  return leaderMoves === 0 || grants === 0 ? 'proves nothing' : 'passed';
}

export function describeVerdict(verdict: Verdict): string {
  const { seconds, rounds, operations, unknown, refused, grants, tokens } = verdict;
  const faults = [...verdict.faults].map(([name, count]) => `${name} ${count}`).join(', ');
  const lines = [
    `${Math.round(seconds)} s, ${rounds} rounds; faults: ${faults}`,
    `${operations} operations judged (${unknown} of unknown outcome), ${refused} refused, ` +
      `${grants} grants, ${tokens} tokens seen`,
    `leadership moved ${verdict.leaderMoves} times`,
    ...describeGaps(verdict.gaps),
    ...verdict.violations.map((violation) => `VIOLATION: ${violation}`),
    conclusionLine(verdict),
  ];
  return lines.join('\n');
}

function describeGaps(gaps: readonly Gap[]): readonly string[] {
  const [worst] = [...gaps].sort((a, b) => b.ms - a.ms);
  if (worst === undefined) return [];
  const middle = Math.round(median(gaps.map(({ ms }) => ms)));
  return [
    'longest time in which no node served a partition, while a majority was alive: ' +
      `median ${middle} ms, worst ${Math.round(worst.ms)} ms in ${worst.round}`,
  ];
}

function conclusionLine(verdict: Verdict): string {
  const conclusion = concludeFrom(verdict);
  if (conclusion === 'failed') return `verdict: failed, ${verdict.violations.length} found`;
  if (conclusion === 'passed') return 'verdict: passed';
  return verdict.leaderMoves === 0
    ? 'verdict: proves nothing, because leadership did not move'
    : 'verdict: proves nothing, because nothing was granted';
}
