import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Connection } from '../harness/connection.ts';
import type { NodeGroup } from '../harness/node-group.ts';
import { median } from '../harness/statistics.ts';
import { startFencepostGroup } from './cluster-target.ts';

export interface FailoverResult {
  readonly kills: number;
  /** From kill -9 of the leader to the reply to a grant that was asked of another node since. */
  readonly medianMs: number;
  readonly worstMs: number;
  readonly allMs: readonly number[];
}

const partitions = 8;
/** A grant that takes longer than this is no failover but a failure. */
const grantMsMax = 30_000;
/** Elections have a phase; kills come at any time of it. */
const pauseMsMax = 1_000;

/** Kills the leader of a partition again and again, under no load but this. */
export async function measureFailover(
  kills: number,
  folder: string,
  progress: (line: string) => void,
): Promise<FailoverResult> {
  const root = join(folder, 'failover');
  await mkdir(root, { recursive: true });
  const group = await startFencepostGroup(root, partitions);
  const allMs: number[] = [];
  try {
    progress(`failover: ${kills} kills of a leader`);
    for (let kill = 0; kill < kills; kill += 1) allMs.push(await killOnce(group, kill));
  } finally {
    await group.stop();
  }
  return { kills, medianMs: median(allMs), worstMs: Math.max(...allMs), allMs };
}

async function killOnce(group: NodeGroup, kill: number): Promise<number> {
  const partition = (kill % partitions) + 1;
  const leader = (await group.leaders())[partition] ?? 0;
  const others = group.running.filter((id) => id !== leader);
  const { port } = group.place(others[kill % others.length] ?? 0);
  await new Promise((resolve) => setTimeout(resolve, Math.random() * pauseMsMax));
  // One grant before, so that the connection and the key's partition are known to work.
  await grant(port, keyOf(partition, kill, 'before'));
  const killedAtMs = performance.now();
  const ended = group.end(leader, 'SIGKILL');
  await grant(port, keyOf(partition, kill, 'after'));
  const tookMs = performance.now() - killedAtMs;
  await ended;
  await group.start(leader);
  await group.leaders();
  return tookMs;
}

/** Hash tags, of which each lies in the next of eight equal ranges of slots. */
const tags = ['3', '43', '2', '42', '1', '41', '0', '40'];

function keyOf(partition: number, kill: number, when: string): string {
  return `{${tags[partition - 1] ?? ''}}:${kill}:${when}`;
}

/** Takes the lock through the node, asking again as long as it refuses for want of a leader. */
async function grant(port: number, key: string): Promise<void> {
  const deadlineMs = performance.now() + grantMsMax;
  const connection = await Connection.open(port);
  try {
    for (;;) {
      const reply = await connection.send('KLOCK', key, 'bench', '60000');
      if (typeof reply === 'number') return;
      const isRefusal =
        reply instanceof Error && /^(CLUSTERDOWN|UNCERTAIN|TRYAGAIN)/.test(reply.message);
      if (!isRefusal || performance.now() > deadlineMs) throw new Error(`KLOCK replied ${reply}`);
    }
  } finally {
    connection.close();
  }
}
