import { expect, test } from 'vitest';
import { AssertionError } from '../../src/base/assert.ts';
import { FencepostError } from '../../src/base/errors.ts';
import { limits } from '../../src/base/limits.ts';
import { Prng } from '../../src/base/prng.ts';
import { Base } from '../../src/keyspace/base.ts';
import { Keyspace } from '../../src/keyspace/keyspace.ts';
import { tokenOf } from '../../src/keyspace/lease.ts';
import { Checkpointer, type CheckpointStore } from '../../src/node/checkpointer.ts';
import { Partition } from '../../src/partition/partition.ts';
import { Raft } from '../../src/raft/raft.ts';
import { indexOf, NOBODY, type ReplicaId, replicaIdOf, termOf } from '../../src/raft/types.ts';
import type { Checkpoint } from '../../src/store/store-port.ts';

const self = replicaIdOf(2 ** 20 + 1);

function storeThat(checkpoint: CheckpointStore['checkpoint']): CheckpointStore {
  return {
    checkpoint,
    logBytesSinceCheckpoint: () => 0,
    segmentCount: 1,
    pinningPartitions: [],
  };
}

test('one checkpoint is written at a time, of what was committed by then', async () => {
  const written: number[] = [];
  let finish = (): void => undefined;
  const checkpoint = ({ changes }: Checkpoint): Promise<void> => {
    written.push([...changes].length);
    return new Promise((resolve) => {
      finish = resolve;
    });
  };
  const checkpointer = new Checkpointer(storeThat(checkpoint), [changedPartition()]);
  checkpointer.maybeBegin();
  checkpointer.maybeBegin();
  finish();
  await checkpointer.idle();
  checkpointer.maybeBegin();
  expect(written).toEqual([limits.checkpointKeyCount]);
  expect(checkpointer.count).toBe(1);
});

test("a checkpoint that the disk refused is nobody's unhandled failure", async () => {
  const failure = new FencepostError('DISK_FULL', 'no space left');
  const refuse = (): Promise<void> => Promise.reject(failure);
  const checkpointer = new Checkpointer(storeThat(refuse), [changedPartition()]);
  checkpointer.maybeBegin();
  await expect(checkpointer.idle()).resolves.toBeUndefined();
  expect(checkpointer.count).toBe(0);
});

test('a broken invariant is not taken for a failure of the disk', async () => {
  const breaks = (): Promise<void> => Promise.reject(new AssertionError('never'));
  const checkpointer = new Checkpointer(storeThat(breaks), [changedPartition()]);
  checkpointer.maybeBegin();
  await expect(checkpointer.idle()).rejects.toThrow('never');
});

test.each([
  [1, limits.checkpointLogBytes],
  [4, limits.checkpointLogBytes / 4],
  [256, limits.checkpointLogBytesMin],
])('%i partitions share the log that may be kept: %i bytes each', async (count, bytes) => {
  const begun: number[] = [];
  const checkpoint = ({ partition }: Checkpoint): Promise<void> => {
    begun.push(partition);
    return Promise.resolve();
  };
  for (const logBytes of [bytes - 1, bytes]) {
    const store = { ...storeThat(checkpoint), logBytesSinceCheckpoint: () => logBytes };
    const partitions = Array.from({ length: count }, () => changedPartition([self], 1));
    const checkpointer = new Checkpointer(store, partitions);
    checkpointer.maybeBegin();
    await checkpointer.idle();
    expect(begun).toEqual(logBytes < bytes ? [] : [0]);
  }
});

test('a replica that does not know the members writes no checkpoint, whatever is due', async () => {
  const checkpoint = (): Promise<void> => Promise.reject(new AssertionError('no members'));
  for (const segmentCount of [1, 99]) {
    const store = { ...storeThat(checkpoint), segmentCount, pinningPartitions: [0] };
    const checkpointer = new Checkpointer(store, [changedPartition([])]);
    checkpointer.maybeBegin();
    await expect(checkpointer.idle()).resolves.toBeUndefined();
  }
});

/** A partition with enough changes for a checkpoint, none of them in the log. */
function changedPartition(
  voters: readonly ReplicaId[] = [self],
  keyCount: number = limits.checkpointKeyCount,
): Partition {
  const base = new Base(limits.databaseCount);
  const keyspace = new Keyspace(base, { leaseGuardPercent: 0 });
  for (let at = 0; at < keyCount; at += 1) keyspace.put(0, `k${at}`, 'me', 1_000);
  keyspace.seal(1);
  keyspace.commit(1, 0);
  const start = { index: indexOf(0), term: termOf(0), timeMs: 0 };
  const raft = new Raft({
    self,
    configuration: { voters, outgoing: [], learners: [] },
    hardState: { term: termOf(0), votedFor: NOBODY },
    snapshot: start,
    entries: [],
    electionTimeoutTicks: 10,
    heartbeatTicks: 1,
    prng: new Prng(1),
  });
  return new Partition({
    id: 0,
    raft,
    keyspace,
    appliedIndex: start.index,
    appliedTerm: start.term,
    appliedTimeMs: start.timeMs,
    monotonicMs: 0,
    graceMs: 0,
    lostToken: tokenOf(0),
    onPublish: () => undefined,
  });
}
