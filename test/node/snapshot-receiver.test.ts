import { expect, test } from 'vitest';
import { encodeLease } from '../../src/keyspace/effect-codec.ts';
import { leaseOf, NEVER, tokenOf } from '../../src/keyspace/lease.ts';
import { decodeSnapshotPart, type SnapshotPart } from '../../src/node/snapshot-part.ts';
import { SnapshotReceiver } from '../../src/node/snapshot-receiver.ts';
import type { Partition } from '../../src/partition/partition.ts';
import { indexOf, replicaOf, termOf } from '../../src/raft/types.ts';
import type { SnapshotStage } from '../../src/store/store-port.ts';

const self = replicaOf(1, 1);
const lease = leaseOf({
  db: 0,
  key: 'k',
  value: 'me',
  token: tokenOf(1),
  expiresAtMs: NEVER,
  endsAtMs: NEVER,
  requestId: '',
});

/** A receiver whose store does what the test says, when it says so. */
class Bench {
  readonly calls: string[] = [];
  readonly answers: string[] = [];
  readonly receiver: SnapshotReceiver;
  #letGo: () => void = () => undefined;

  constructor() {
    // `as`: a transfer that does not end asks no more than this of a group.
    const partition = { id: 0, raft: { self } } as unknown as Partition;
    this.receiver = new SnapshotReceiver({
      partitions: [partition],
      stageSnapshot: () => this.#stage(),
      send: (_nodeId, body) => this.answers.push(decodeSnapshotPart(body).kind) > 0,
      beginTurn: () => undefined,
      onProgress: () => undefined,
      log: (message, details) => this.calls.push(`${message} ${Object.values(details)[1]}`),
    });
  }

  /** The store answers what it was asked for. */
  letGo(): void {
    this.#letGo();
  }

  begin(transfer: number, from = replicaOf(2, 1)): void {
    const checkpoint = { index: indexOf(9), term: termOf(1), timeMs: 0, meta: Buffer.alloc(0) };
    const begin = { kind: 'begin', transfer, partition: 0, from, to: self } as const;
    this.receiver.receive(2, { ...begin, term: termOf(1), session: 1, checkpoint });
  }

  receive(part: SnapshotPart): void {
    this.receiver.receive(2, part);
  }

  #stage(): Promise<SnapshotStage> {
    this.calls.push('stage');
    const note = (call: string) => () => Promise.resolve(void this.calls.push(call));
    const stage = { add: note('add'), install: note('install'), abort: note('abort') };
    return new Promise((resolve) => {
      this.#letGo = () => resolve(stage);
    });
  }
}

test('a part that comes while the node stops does not reach the store', async () => {
  const bench = new Bench();
  bench.begin(1);
  await Promise.resolve();
  const closed = bench.receiver.close();
  bench.begin(2);
  bench.letGo();
  await closed;
  bench.begin(3);
  bench.receive({ kind: 'rows', transfer: 3, rows: [] });
  await new Promise((resolve) => setImmediate(resolve));
  expect(bench.calls).toEqual(['stage', 'abort']);
});

test('a receiver is closed when also what was given up before is done', async () => {
  const bench = new Bench();
  bench.begin(1);
  await Promise.resolve();
  bench.receiver.linkDown(2);
  const closed = bench.receiver.close().then(() => bench.calls.push('closed'));
  await new Promise((resolve) => setImmediate(resolve));
  bench.letGo();
  await closed;
  expect(bench.calls).toEqual(['stage', 'abort', 'closed']);
});

test.each([
  ['in a database that does not exist', [16, 'k']],
  ['without a database', []],
  ['of an unknown kind', ['x']],
])('a state with a row %s is given up, and nothing of it is kept', async (_what, key) => {
  const bench = new Bench();
  bench.begin(1);
  await Promise.resolve();
  bench.letGo();
  const [db, name] = key;
  const rest = typeof db === 'number' ? [db, ...Buffer.from(`${name}`)] : [];
  const rowKey = Buffer.from([(db === 'x' ? 'x' : 'l').charCodeAt(0), ...rest]);
  const value = encodeLease(lease);
  bench.receive({ kind: 'rows', transfer: 1, rows: [[rowKey, value]] });
  await new Promise((resolve) => setImmediate(resolve));
  expect(bench.calls.slice(-2)).toEqual([expect.stringMatching(/was refused/), 'abort']);
  expect(bench.answers).toEqual(['taken', 'given-up']);
});
