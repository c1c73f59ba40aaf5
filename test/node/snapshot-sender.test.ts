import { expect, test } from 'vitest';
import { SnapshotSender } from '../../src/node/snapshot-sender.ts';
import type { Partition } from '../../src/partition/partition.ts';
import { indexOf, replicaOf, termOf } from '../../src/raft/types.ts';

test('a sender is closed when its readers are, and begins nothing afterwards', async () => {
  const calls: string[] = [];
  const note = (call: string): void => void calls.push(call);
  const checkpoint = { index: indexOf(9), term: termOf(1), timeMs: 0, meta: Buffer.from([1]) };
  const sender = new SnapshotSender({
    openSnapshot: () => {
      note('open');
      const read = () => Promise.resolve([]);
      return Promise.resolve({ checkpoint, read, close: () => Promise.resolve(note('close')) });
    },
    send: () => true,
    onProgress: () => undefined,
    log: () => undefined,
  });
  const raft = { self: replicaOf(1, 1), role: 'leader', snapshotFailed: () => note('failed') };
  // `as`: a transfer asks no more than this of a group.
  const partition = { id: 0, raft } as unknown as Partition;
  const request = { to: replicaOf(2, 1), term: termOf(1), session: 1 };
  sender.start(partition, request);
  await new Promise((resolve) => setImmediate(resolve));
  await sender.close();
  sender.start(partition, request);
  await new Promise((resolve) => setImmediate(resolve));
  expect(calls).toEqual(['open', 'failed', 'close']);
});
