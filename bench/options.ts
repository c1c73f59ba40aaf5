import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** How long each measurement counts, after a warm-up of a fifth of it. */
  readonly seconds: number;
  readonly connections: readonly number[];
  /** Connections and pairs in one write of the pipelined scenario. */
  readonly pipelined: { readonly connections: number; readonly depth: number };
  readonly rounds: number;
  /** Held leases of the recovery measurement; 0 leaves it out. */
  readonly leases: number;
  /** Where the JSON goes; undefined: nowhere. */
  readonly jsonFile: string | undefined;
  /** Leaves the throughput out. */
  readonly recoveryOnly: boolean;
  /** What is measured: one server beside one Redis, clusters of three, or both. */
  readonly parts: 'both' | 'single' | 'cluster';
  /** Kills of a leader in the failover measurement; 0 leaves it out. */
  readonly kills: number;
  /** How long an idle cluster is watched; 0 leaves it out. */
  readonly idleSeconds: number;
}

export const usage = `npm run bench -- [options]

  --seconds N          seconds of each measurement (3)
  --connections A,B,…  connections with one request in flight each (1,50,200)
  --rounds N           rounds, of which the medians are shown (5)
  --leases N           held leases of the recovery measurement, 0: without it (1000000)
  --json FILE          writes everything that was measured, and the ratios
  --recovery           only the recovery measurement
  --single             only one server beside one Redis
  --cluster            only clusters of three: throughput, failover and idle cost
  --kills N            kills of a leader in the failover measurement, 0: without it (30)
  --idle N             seconds in which an idle cluster is watched, 0: without it (20)
  --quick              a short run that shows that everything works (no numbers to quote)
`;

/** @throws Error with one sentence for an option that is not valid */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string' },
      connections: { type: 'string' },
      rounds: { type: 'string' },
      leases: { type: 'string' },
      json: { type: 'string' },
      recovery: { type: 'boolean', default: false },
      single: { type: 'boolean', default: false },
      cluster: { type: 'boolean', default: false },
      kills: { type: 'string' },
      idle: { type: 'string' },
      quick: { type: 'boolean', default: false },
    },
  });
  const fallback = values.quick ? quick : full;
  return {
    seconds: numberOf('seconds', values.seconds, fallback.seconds, 0.1),
    connections: (values.connections ?? fallback.connections)
      .split(',')
      .map((text) => numberOf('connections', text, 0, 1)),
    pipelined: { connections: 50, depth: 16 },
    rounds: numberOf('rounds', values.rounds, fallback.rounds, 1),
    leases: numberOf('leases', values.leases, fallback.leases, 0),
    jsonFile: values.json,
    recoveryOnly: values.recovery,
    parts: values.single || values.recovery ? 'single' : values.cluster ? 'cluster' : 'both',
    kills: numberOf('kills', values.kills, fallback.kills, 0),
    idleSeconds: numberOf('idle', values.idle, fallback.idleSeconds, 0),
  };
}

const full = {
  seconds: 3,
  connections: '1,50,200',
  rounds: 5,
  leases: 1_000_000,
  kills: 30,
  idleSeconds: 20,
};
const quick = {
  seconds: 0.3,
  connections: '1,50',
  rounds: 1,
  leases: 10_000,
  kills: 1,
  idleSeconds: 1,
};

function numberOf(name: string, text: string | undefined, fallback: number, min: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isFinite(value) || value < min) throw new Error(`--${name} ${text} is not valid`);
  return value;
}
