import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { groupOf, startFencepostGroup, type TargetGroup } from './cluster-target.ts';
import type { LoadClient } from './load-client.ts';
import { cpuMsOf } from './target.ts';

export interface IdleResult {
  readonly partitions: number;
  readonly leases: number;
  readonly seconds: number;
  /** Share of one core that each node used after the load … */
  readonly nodeCpuFirst: readonly (number | undefined)[];
  /** … and when the runtime had compiled and collected what that left to do, a minute later. */
  readonly nodeCpu: readonly (number | undefined)[];
}

/** What the target of the issue names: a cluster that holds leases and is asked nothing. */
const partitions = 64;
const leases = 10_000;
/** Checkpoints of what was taken, and groups that fall silent. */
const settleMs = 5_000;
/** Ms between the two times it is watched, for each second of one: a minute if they take 20 s. */
const restPerSecondMs = 2_000;

/** What a cluster of three costs that only holds leases. */
export async function measureIdle(
  seconds: number,
  folder: string,
  client: LoadClient,
  progress: (line: string) => void,
): Promise<IdleResult> {
  const root = join(folder, 'idle');
  await mkdir(root, { recursive: true });
  const group = await startFencepostGroup(root, partitions);
  try {
    progress(`idle: ${seconds} s with ${partitions} partitions and ${leases} leases`);
    await client.fill({ port: group.place(1).port, count: leases });
    await passed(settleMs);
    const { members } = groupOf(group);
    const nodeCpuFirst = await watched(members, seconds);
    await passed(seconds * restPerSecondMs);
    const nodeCpu = await watched(members, seconds);
    return { partitions, leases, seconds, nodeCpuFirst, nodeCpu };
  } finally {
    await group.stop();
  }
}

/** Shares of one core that these processes use from now on. */
async function watched(
  members: TargetGroup['members'],
  seconds: number,
): Promise<readonly (number | undefined)[]> {
  const before = await Promise.all(members.map(cpuMsOf));
  const startedAtMs = performance.now();
  await passed(seconds * 1_000);
  const elapsedMs = performance.now() - startedAtMs;
  const after = await Promise.all(members.map(cpuMsOf));
  return after.map((cpuMs, place) => {
    const start = before[place];
    return cpuMs === undefined || start === undefined ? undefined : (cpuMs - start) / elapsedMs;
  });
}

async function passed(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
