import type { Prng } from '../src/base/prng.ts';
import type { Abilities } from './abilities.ts';
import type { Cluster } from './cluster.ts';
import { allDirections, type Direction, directionsBetween } from './network.ts';

/** What a fault may touch. */
export interface FaultContext {
  readonly cluster: Cluster;
  readonly prng: Prng;
  /** The node that leads the most partitions. */
  readonly busiestLeader: () => number;
  /** Lets the fault last: `ms` of real time, in which the cluster is watched. */
  readonly hold: (ms: number) => Promise<void>;
  /** For the report, one line a state change. */
  readonly tell: (line: string) => void;
}

/** A fault is a data record; `run` causes it, lets it last and takes it back. */
export interface Fault {
  readonly name: string;
  readonly summary: string;
  /** What the machine must permit. */
  readonly needs?: keyof Abilities;
  /** Whether a majority is alive and connected all the time, so that grants must go on. */
  readonly keepsMajority: boolean;
  /** Whether it touches neither processes nor cuts, so that another fault can come meanwhile. */
  readonly isCompanion?: boolean;
  readonly run: (context: FaultContext) => Promise<void>;
}

const hourSeconds = 3_600;

export const faults: readonly Fault[] = [
  {
    name: 'kill',
    summary: 'kill -9 of a minority, most often with the busiest leader, and their restart',
    keepsMajority: true,
    run: async ({ cluster, prng, busiestLeader, hold, tell }) => {
      const victims = minorityOf(cluster, prng, busiestLeader());
      tell(`kill -9 of ${victims.join()}`);
      await cluster.end(victims, 'SIGKILL');
      await hold(prng.between(1_500, 3_500));
      tell(`start of ${victims.join()}`);
      await cluster.start(victims);
    },
  },
  {
    name: 'stop',
    summary: 'SIGTERM of the busiest leader, which hands over before it ends, and its restart',
    keepsMajority: true,
    run: async ({ cluster, busiestLeader, prng, hold, tell }) => {
      const victim = busiestLeader();
      tell(`SIGTERM of ${victim}`);
      await cluster.end([victim], 'SIGTERM');
      await hold(prng.between(500, 2_000));
      tell(`start of ${victim}`);
      await cluster.start([victim]);
    },
  },
  {
    name: 'pause',
    summary: 'SIGSTOP of a minority, most often with the busiest leader, then SIGCONT',
    keepsMajority: true,
    run: async ({ cluster, prng, busiestLeader, hold, tell }) => {
      const victims = minorityOf(cluster, prng, busiestLeader());
      tell(`SIGSTOP of ${victims.join()}`);
      for (const victim of victims) cluster.pause(victim);
      await hold(prng.between(500, 4_000));
      tell(`SIGCONT of ${victims.join()}`);
      for (const victim of victims) cluster.resume(victim);
    },
  },
  cutting('halves', 'the nodes in two halves by chance', ({ cluster, prng }) => {
    const ids = shuffled(cluster.nodeIds, prng);
    const border = Math.floor(ids.length / 2);
    return directionsBetween(ids.slice(0, border), ids.slice(border));
  }),
  cutting('isolate', 'the busiest leader alone', ({ cluster, busiestLeader }) => {
    const leader = busiestLeader();
    const others = cluster.nodeIds.filter((nodeId) => nodeId !== leader);
    return directionsBetween([leader], others);
  }),
  cutting('one-way', 'the busiest leader is not heard, or hears nobody', (context) => {
    const leader = context.busiestLeader();
    const others = context.cluster.nodeIds.filter((nodeId) => nodeId !== leader);
    const isDeaf = context.prng.oneIn(2);
    return others.map((other) =>
      isDeaf ? { from: other, to: leader } : { from: leader, to: other },
    );
  }),
  cutting('ring', 'each node has only its two neighbours; of three, two have only the third', (c) =>
    ringOf(shuffled(c.cluster.nodeIds, c.prng)),
  ),
  {
    name: 'kill-all',
    summary: 'kill -9 of all nodes at once, and their restart',
    keepsMajority: false,
    run: async ({ cluster, prng, hold, tell }) => {
      tell('kill -9 of all');
      await cluster.end(cluster.nodeIds, 'SIGKILL');
      await hold(prng.between(100, 1_000));
      tell('start of all');
      await cluster.start(cluster.nodeIds);
    },
  },
  {
    name: 'power-loss',
    summary: 'the power of all nodes fails: what was not synced is gone from their disks',
    needs: 'powerLoss',
    keepsMajority: false,
    run: async ({ cluster, prng, hold, tell }) => {
      tell('loss of power of all');
      const nodes = [...cluster.nodes.values()];
      for (const { place } of nodes) cluster.pause(place.nodeId);
      for (const { volume } of nodes) volume.failPower();
      await cluster.end(cluster.nodeIds, 'SIGKILL');
      for (const { volume } of nodes) volume.restore();
      await hold(prng.between(100, 1_000));
      tell('start of all');
      await cluster.start(cluster.nodeIds);
    },
  },
  {
    name: 'clock',
    summary: 'the wall clocks of some nodes jump by up to an hour, again and again',
    needs: 'wallClock',
    keepsMajority: true,
    isCompanion: true,
    run: async ({ cluster, prng, hold, tell }) => {
      for (let jump = 0; jump < 5; jump += 1) {
        for (const nodeId of cluster.nodeIds) {
          if (!prng.oneIn(2)) continue;
          const seconds = prng.between(-hourSeconds, hourSeconds);
          tell(`clock of ${nodeId} to ${seconds} s`);
          await cluster.setWallClock(nodeId, seconds);
        }
        await hold(500);
      }
      for (const nodeId of cluster.nodeIds) await cluster.setWallClock(nodeId, 0);
    },
  },
  {
    name: 'slow',
    summary: 'every link delays what it carries by chance, so that messages overtake each other',
    keepsMajority: false,
    isCompanion: true,
    run: async ({ cluster, prng, hold, tell }) => {
      const slowness = { delayMs: prng.between(1, 50), jitterMs: prng.between(20, 200) };
      tell(`links of ${slowness.delayMs} to ${slowness.delayMs + slowness.jitterMs} ms`);
      await cluster.network.slow(slowness);
      await hold(prng.between(2_000, 4_000));
      await cluster.network.slow(undefined);
    },
  },
];

/** @throws Error for a name that is not in the table */
export function getFault(name: string): Fault {
  const fault = faults.find((one) => one.name === name);
  if (fault !== undefined) return fault;
  const known = faults.map((one) => one.name).join(', ');
  throw new Error(`there is no fault ${name}, only ${known}`);
}

/** A partition of the network, which lasts a while and heals. */
function cutting(
  name: string,
  summary: string,
  choose: (context: FaultContext) => readonly Direction[],
): Fault {
  return {
    name,
    summary: `partition: ${summary}`,
    keepsMajority: true,
    run: async (context) => {
      const directions = choose(context);
      const told = directions.map(({ from, to }) => `${from}>${to}`).join(' ');
      context.tell(`cut of ${told}`);
      await context.cluster.network.cut(directions);
      await context.hold(context.prng.between(1_500, 5_000));
      context.tell('heal');
      await context.cluster.network.cut([]);
    },
  };
}

/** From one node to as many as a cluster can lose; two times of three the leader is among them. */
function minorityOf(cluster: Cluster, prng: Prng, leader: number): readonly number[] {
  const most = Math.ceil(cluster.nodeIds.length / 2) - 1;
  const count = prng.between(1, Math.max(1, most));
  const others = shuffled(
    cluster.nodeIds.filter((nodeId) => nodeId !== leader),
    prng,
  );
  const first = prng.oneIn(3) ? [] : [leader];
  return [...first, ...others].slice(0, count);
}

/** What is cut so that neighbours in the given order, in a circle, keep their links. */
export function ringOf(ids: readonly number[]): readonly Direction[] {
  const apart = (from: number, to: number): boolean => {
    const distance = Math.abs(ids.indexOf(from) - ids.indexOf(to));
    // In a circle of three all are neighbours: there the first and the last are cut off.
    if (ids.length <= 3) return distance === ids.length - 1;
    return distance !== 1 && distance !== ids.length - 1;
  };
  return allDirections(ids).filter(({ from, to }) => apart(from, to));
}

export function shuffled<Item>(items: readonly Item[], prng: Prng): readonly Item[] {
  const left = [...items];
  const order: Item[] = [];
  while (left.length > 0) order.push(...left.splice(prng.below(left.length), 1));
  return order;
}
