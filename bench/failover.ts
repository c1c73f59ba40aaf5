import { mkdir } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import {
  type FencepostGroup,
  leadersOf,
  startFencepostGroup,
  stopGroup,
} from './cluster-target.ts';
import { requestOf } from './requests.ts';
import { median } from './statistics.ts';
import { stopTarget, type Target } from './target.ts';

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
    await stopGroup(group);
  }
  return { kills, medianMs: median(allMs), worstMs: Math.max(...allMs), allMs };
}

async function killOnce(group: FencepostGroup, kill: number): Promise<number> {
  const partition = (kill % partitions) + 1;
  const leader = await findLeader(group, partition);
  const victim = group.members[leader - 1];
  const others = group.members.filter((_, place) => place !== leader - 1);
  const other = others[kill % others.length];
  if (victim === undefined || other === undefined) throw new Error('a member is missing');
  await new Promise((resolve) => setTimeout(resolve, Math.random() * pauseMsMax));
  // One grant before, so that the connection and the key's partition are known to work.
  await grant(other, keyOf(partition, kill, 'before'));
  const killedAtMs = performance.now();
  const ended = stopTarget(victim, 'SIGKILL');
  await grant(other, keyOf(partition, kill, 'after'));
  const tookMs = performance.now() - killedAtMs;
  await ended;
  await group.restart(leader - 1);
  return tookMs;
}

async function findLeader(group: FencepostGroup, partition: number): Promise<number> {
  const [first] = group.members;
  const leaders = first === undefined ? undefined : await leadersOf(first);
  const leader = leaders?.get(partition) ?? 0;
  if (leader === 0) throw new Error(`partition ${partition} has no leader`);
  return leader;
}

/** Hash tags, of which each lies in the next of eight equal ranges of slots. */
const tags = ['3', '43', '2', '42', '1', '41', '0', '40'];

function keyOf(partition: number, kill: number, when: string): string {
  return `{${tags[partition - 1] ?? ''}}:${kill}:${when}`;
}

/** Takes the lock through the node, asking again as long as it refuses for want of a leader. */
async function grant({ port }: Target, key: string): Promise<void> {
  const deadlineMs = performance.now() + grantMsMax;
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  try {
    for (;;) {
      const reply = await askOnce(socket, requestOf(['KLOCK', key, 'bench', '60000']));
      if (/^:[1-9]/.test(reply)) return;
      if (!/^-(CLUSTERDOWN|UNCERTAIN|TRYAGAIN)/.test(reply) || performance.now() > deadlineMs) {
        throw new Error(`KLOCK replied ${reply}`);
      }
    }
  } finally {
    socket.destroy();
  }
}

async function askOnce(socket: Socket, request: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('data', (chunk) => {
      socket.removeListener('error', reject);
      resolve(chunk.toString('latin1'));
    });
    socket.write(request);
  });
}
