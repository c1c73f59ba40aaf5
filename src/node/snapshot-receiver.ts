import { randomInt } from 'node:crypto';
import { assert } from '../base/assert.ts';
import { FencepostError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { Base } from '../keyspace/base.ts';
import { restoreMeta, restoreRow } from '../keyspace/checkpoint.ts';
import { hashSeedMax } from '../keyspace/key-index.ts';
import type { Partition } from '../partition/partition.ts';
import type { SnapshotPlace } from '../raft/types.ts';
import type { KeyAndValue, SnapshotStage } from '../store/store-port.ts';
import { decodeCheckpointMeta } from './checkpoint-meta.ts';
import { encodeSnapshotPart, type SnapshotPart } from './snapshot-part.ts';

type Begin = Extract<SnapshotPart, { kind: 'begin' }>;

export interface SnapshotReceiverOptions {
  readonly partitions: readonly Partition[];
  readonly stageSnapshot: (partition: number) => Promise<SnapshotStage>;
  readonly send: (nodeId: number, body: Buffer) => boolean;
  /** Begins a turn: the groups know what time it is. */
  readonly beginTurn: () => void;
  /** Lets the groups go on: a group was told something. */
  readonly onProgress: () => void;
  readonly log: (message: string, details: object) => void;
}

interface Transfer {
  readonly nodeId: number;
  readonly begin: Begin;
  /** The state that it brings, built beside the staged rows. */
  readonly base: Base;
  stage: SnapshotStage | undefined;
  /** What the transfer has come to; parts are taken in one after the other. */
  work: Promise<void>;
  accepted: SnapshotPlace | undefined;
  over: boolean;
}

/**
 * Takes in snapshots from leaders. Rows are staged on disk and in a new base; when all have come
 * and their state hash is right, the group decides whether it wants the snapshot, and only then
 * log, state and keyspace of the replica are replaced.
 */
export class SnapshotReceiver {
  readonly #options: SnapshotReceiverOptions;
  /** By partition: a newer transfer takes the place of an older one. */
  readonly #transfers = new Map<number, Transfer>();
  /** The transfer whose group is being asked. */
  #asking: Transfer | undefined;
  /** Resolves when all work is done, also that of transfers which were given up. */
  #settled: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: SnapshotReceiverOptions) {
    this.#options = options;
  }

  receive(nodeId: number, part: SnapshotPart): void {
    if (this.#closed) return;
    if (part.kind === 'begin') return this.#begin(nodeId, part);
    for (const transfer of this.#transfers.values()) {
      if (transfer.nodeId !== nodeId || transfer.begin.transfer !== part.transfer) continue;
      this.#enqueue(transfer, () => this.#take(transfer, part));
      return;
    }
  }

  /** The group wants the snapshot that it was just told of. */
  accepted(partition: number, place: SnapshotPlace): void {
    const transfer = this.#asking;
    assert(transfer?.begin.partition === partition, 'a group accepts what it was told of');
    transfer.accepted = place;
  }

  /** The link to a node was lost, and with it what was under way. */
  linkDown(nodeId: number): void {
    for (const transfer of this.#transfers.values()) {
      if (transfer.nodeId === nodeId) this.#giveUp(transfer);
    }
  }

  /** Takes nothing in from now on; resolves when the store is not needed any more. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const transfer of [...this.#transfers.values()]) this.#giveUp(transfer);
    await this.#settled;
  }

  #begin(nodeId: number, begin: Begin): void {
    const partition = this.#options.partitions[begin.partition];
    if (partition === undefined || partition.raft.self !== begin.to) return;
    const before = this.#transfers.get(begin.partition);
    if (before !== undefined) this.#giveUp(before);
    const transfer: Transfer = {
      nodeId,
      begin,
      base: new Base(limits.databaseCount, randomInt(hashSeedMax)),
      stage: undefined,
      work: before?.work ?? Promise.resolve(),
      accepted: undefined,
      over: false,
    };
    this.#transfers.set(begin.partition, transfer);
    this.#enqueue(transfer, async () => {
      transfer.stage = await this.#options.stageSnapshot(begin.partition);
      this.#answer(transfer, 'taken');
    });
  }

  #enqueue(transfer: Transfer, work: () => Promise<void>): void {
    this.#goOn(transfer, async () => {
      if (transfer.over) return this.#abort(transfer);
      try {
        await work();
      } catch (failure) {
        if (!(failure instanceof FencepostError)) throw failure;
        const { partition } = transfer.begin;
        this.#options.log('a snapshot was refused', { partition, reason: failure.message });
        this.#giveUp(transfer);
        await this.#abort(transfer);
      }
    });
  }

  #goOn(transfer: Transfer, next: () => Promise<void>): void {
    transfer.work = transfer.work.then(next);
    this.#settled = Promise.all([this.#settled, transfer.work]);
  }

  async #take(transfer: Transfer, part: SnapshotPart): Promise<void> {
    const { stage, base } = transfer;
    if (stage === undefined) return;
    if (part.kind === 'rows') {
      for (const row of part.rows) checkRow(row);
      // The stage checks that no row comes twice, before anything is made of them.
      await stage.add(part.rows);
      for (const row of part.rows) restoreRow(base, row);
      this.#answer(transfer, 'taken');
    } else if (part.kind === 'end') {
      await this.#finish(transfer, stage);
    }
  }

  async #finish(transfer: Transfer, stage: SnapshotStage): Promise<void> {
    const { begin, base } = transfer;
    const { checkpoint, from, term, session } = begin;
    const partition = this.#options.partitions[begin.partition];
    assert(partition !== undefined, 'a transfer is for a partition that exists');
    const { configuration, keyspace } = decodeCheckpointMeta(checkpoint.meta);
    if (configuration === undefined) {
      throw new FencepostError('DATA_FORMAT', 'the snapshot does not say who the members are');
    }
    if (keyspace !== undefined) restoreMeta(base, keyspace);
    const { index, term: placeTerm, timeMs } = checkpoint;
    const snapshot = { index, term: placeTerm, timeMs, configuration };
    this.#options.beginTurn();
    this.#asking = transfer;
    try {
      partition.raft.step(from, { kind: 'install-snapshot', term, session, snapshot });
      // The group says through `accepted` whether it wants it.
      this.#options.onProgress();
    } finally {
      this.#asking = undefined;
    }
    if (transfer.accepted === undefined) {
      this.#answer(transfer, 'taken');
      this.#giveUp(transfer);
      return this.#abort(transfer);
    }
    await stage.install(checkpoint);
    transfer.stage = undefined;
    this.#forget(transfer);
    this.#options.beginTurn();
    partition.replaceBase(base, snapshot);
    partition.raft.snapshotInstalled(index, placeTerm);
    this.#options.onProgress();
    this.#options.log('a snapshot was installed', { partition: partition.id, index });
    this.#answer(transfer, 'taken');
  }

  #giveUp(transfer: Transfer): void {
    // What the group has accepted is installed in any case: it waits for nothing else.
    if (transfer.over || transfer.accepted !== undefined) return;
    transfer.over = true;
    this.#forget(transfer);
    this.#answer(transfer, 'given-up');
    this.#goOn(transfer, () => this.#abort(transfer));
  }

  #forget(transfer: Transfer): void {
    const { partition } = transfer.begin;
    if (this.#transfers.get(partition) === transfer) this.#transfers.delete(partition);
  }

  async #abort(transfer: Transfer): Promise<void> {
    const { stage } = transfer;
    transfer.stage = undefined;
    await stage?.abort();
  }

  #answer({ nodeId, begin }: Transfer, kind: 'taken' | 'given-up'): void {
    this.#options.send(nodeId, encodeSnapshotPart({ kind, transfer: begin.transfer }));
  }
}

const leaseRow = 'l'.charCodeAt(0);

/** The key of a lease's row names a database that exists; see `BaseCheckpoint`. */
function checkRow([key]: KeyAndValue): void {
  const db = key[1];
  if (key[0] !== leaseRow || (db !== undefined && db < limits.databaseCount)) return;
  throw new FencepostError('PEER_PROTOCOL', `a row of a snapshot in database ${db}`);
}
