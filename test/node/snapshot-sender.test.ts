import { expect, test } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import { encodeCheckpointMeta } from '../../src/node/checkpoint-meta.ts';
import { decodeSnapshotPart, type SnapshotPart } from '../../src/node/snapshot-part.ts';
import { SnapshotSender } from '../../src/node/snapshot-sender.ts';
import type { Partition } from '../../src/partition/partition.ts';
import { indexOf, replicaOf, termOf } from '../../src/raft/types.ts';
import type { KeyAndValue } from '../../src/store/store-port.ts';

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
    isLinked: () => true,
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

/** A group that a transfer may ask what it needs; notes how the transfer ends. */
function groupThatNotes(note: (call: string) => void): Partition {
  const raft = {
    self: replicaOf(1, 1),
    role: 'leader',
    term: termOf(1),
    configurationAt: () => ({ voters: [], outgoing: [], learners: [] }),
    snapshotSent: () => note('sent'),
    snapshotFailed: () => note('failed'),
  };
  // `as`: a transfer asks no more than this of a group.
  return { id: 0, raft } as unknown as Partition;
}

/** Lets everything go on that does not wait for the test. */
async function goOn(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test('a state larger than the link takes at once arrives whole, part after part', async () => {
  const calls: string[] = [];
  const waiting: SnapshotPart[] = [];
  const meta = encodeCheckpointMeta({
    configuration: { voters: [], outgoing: [], learners: [] },
    keyspace: undefined,
  });
  const checkpoint = { index: indexOf(9), term: termOf(1), timeMs: 0, meta };
  const rows = [1, 2, 3, 4, 5].map((each): KeyAndValue => [Buffer.from([each]), Buffer.alloc(9)]);
  const sender = new SnapshotSender({
    openSnapshot: () => {
      const left = [...rows];
      const read = () => Promise.resolve(left.splice(0, 1));
      return Promise.resolve({ checkpoint, read, close: () => Promise.resolve() });
    },
    send: (_nodeId, body) => waiting.length < 2 && waiting.push(decodeSnapshotPart(body)) > 0,
    isLinked: () => true,
    onProgress: () => undefined,
    log: () => undefined,
  });
  sender.start(
    groupThatNotes((call) => calls.push(call)),
    {
      to: replicaOf(2, 1),
      term: termOf(1),
      session: 1,
    },
  );
  const arrived: string[] = [];
  for (let round = 0; round < 10; round += 1) {
    await goOn();
    const part = waiting.shift();
    if (part === undefined) break;
    arrived.push(part.kind === 'rows' ? `row ${part.rows[0]?.[0][0]}` : part.kind);
    // The receiver has it; only later the link says that it has room.
    sender.receive(2, { kind: 'taken', transfer: part.transfer });
    await goOn();
    sender.writable(2);
  }
  expect(calls).toEqual(['sent']);
  expect(arrived).toEqual(['begin', 'row 1', 'row 2', 'row 3', 'row 4', 'row 5', 'end']);
});

test('a transfer that waits for room is given up when the link is lost', async () => {
  const calls: string[] = [];
  let linked = true;
  const checkpoint = { index: indexOf(9), term: termOf(1), timeMs: 0, meta: Buffer.from([1]) };
  const sender = new SnapshotSender({
    openSnapshot: () => {
      const read = () => Promise.resolve([]);
      return Promise.resolve({ checkpoint, read, close: () => Promise.resolve() });
    },
    send: () => false,
    isLinked: () => linked,
    onProgress: () => undefined,
    log: () => undefined,
  });
  const group = groupThatNotes((call) => calls.push(call));
  const request = { to: replicaOf(2, 1), term: termOf(1), session: 1 };
  sender.start(group, request);
  await goOn();
  for (let tick = 0; tick <= limits.snapshotIdleTicksMax; tick += 1) sender.tick();
  await goOn();
  expect(calls).toEqual([]);
  sender.linkDown(2);
  await goOn();
  expect(calls).toEqual(['failed']);
  linked = false;
  sender.start(group, request);
  await goOn();
  expect(calls).toEqual(['failed', 'failed']);
});
