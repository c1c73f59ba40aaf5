import type { HistoryEvent } from '../checker/history.ts';
import { Connection } from '../harness/connection.ts';
import { elapse, monotonicMs } from '../harness/elapse.ts';
import { commandOf, perform } from '../harness/lease-commands.ts';
import type { Cluster } from './cluster.ts';
import { partitionOfKey } from './judge.ts';
import type { NodePlace } from './network.ts';

/** When nothing disturbs any more, every node serves every key again within this. */
const recoveryMsMax = 25_000;
const replyMsMax = 6_000;
const pollMs = 50;

/**
 * Waits until every node answers a read of every partition, which takes a leader and a quorum.
 *
 * @throws Error if that takes too long
 */
export async function untilServed(cluster: Cluster, partitionCount: number): Promise<void> {
  const deadlineMs = monotonicMs() + recoveryMsMax;
  const keys = keysOfPartitions('probe', partitionCount);
  for (const place of cluster.places) {
    let last = '';
    for (;;) {
      last = await tryReads(place, keys);
      if (last === '') break;
      if (monotonicMs() > deadlineMs) {
        throw new Error(`node ${place.nodeId} does not serve after all faults are over: ${last}`);
      }
      await elapse(pollMs);
    }
  }
}

/** One last grant in each partition, for the density of tokens. */
export async function grantLast(
  cluster: Cluster,
  partitionCount: number,
): Promise<readonly HistoryEvent[]> {
  const [place] = cluster.places;
  const connection = place && (await Connection.tryOpen(place, replyMsMax));
  if (connection === undefined) throw new Error('no connection for the last grants');
  try {
    const grants = keysOfPartitions('last', partitionCount).map((key) =>
      perform(connection, { kind: 'lock', key, owner: 'last', ttlMs: 600_000 }, replyMsMax),
    );
    return await Promise.all(grants);
  } finally {
    connection.close();
  }
}

/** One name in each partition. */
export function keysOfPartitions(prefix: string, partitionCount: number): readonly string[] {
  const keys = new Map<number, string>();
  for (let number = 0; keys.size < partitionCount; number += 1) {
    const key = `${prefix}:${number}`;
    const partition = partitionOfKey(key, partitionCount);
    if (!keys.has(partition)) keys.set(partition, key);
  }
  return [...keys.values()];
}

/** @returns what went wrong, or an empty text */
async function tryReads(place: NodePlace, keys: readonly string[]): Promise<string> {
  const connection = await Connection.tryOpen(place, 500);
  if (connection === undefined) return 'no connection';
  try {
    const replies = await Promise.all(
      keys.map((key) => connection.ask(commandOf({ kind: 'read', key }, 'own'), replyMsMax)),
    );
    const failed = replies.find((reply) => reply instanceof Error);
    return failed instanceof Error ? failed.message : '';
  } catch (failure) {
    return failure instanceof Error ? failure.message : String(failure);
  } finally {
    connection.close();
  }
}
