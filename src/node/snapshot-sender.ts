import { FencepostError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Partition } from '../partition/partition.ts';
import type { SnapshotRequest } from '../raft/output.ts';
import { type Index, nodeOf } from '../raft/types.ts';
import type { SnapshotReader } from '../store/store-port.ts';
import { decodeCheckpointMeta } from './checkpoint-meta.ts';
import { shownReplica } from './leadership.ts';
import { encodeSnapshotPart, type SnapshotPart } from './snapshot-part.ts';

export interface SnapshotSenderOptions {
  /** The last checkpoint of a partition, as it is now. */
  readonly openSnapshot: (partition: number) => Promise<SnapshotReader | undefined>;
  /** False if the link is down, or full: then `writable` says when there is room again. */
  readonly send: (nodeId: number, body: Buffer) => boolean;
  readonly isLinked: (nodeId: number) => boolean;
  /** A group learned something outside of a turn. */
  readonly onProgress: () => void;
  readonly log: (message: string, details: object) => void;
}

interface Transfer {
  readonly number: number;
  readonly partition: Partition;
  readonly request: SnapshotRequest;
  /** What the state covers, once it is open. */
  index: Index | undefined;
  /** Parts that left and were not taken in yet. */
  unansweredCount: number;
  idleTicks: number;
  failed: boolean;
  /** Called whenever something above has changed. */
  wake: () => void;
}

/**
 * Sends the last checkpoints of partitions to followers that need entries from before them
 * (thesis 5.1). A few parts are under way at a time, so that neither the loop nor a link is held
 * up; each transfer reads one snapshot of the state, which later checkpoints do not disturb.
 */
export class SnapshotSender {
  readonly #options: SnapshotSenderOptions;
  readonly #transfers = new Map<number, Transfer>();
  /** Resolves when no transfer runs any more. */
  #settled: Promise<unknown> = Promise.resolve();
  #lastNumber = 0;
  #closed = false;

  constructor(options: SnapshotSenderOptions) {
    this.#options = options;
  }

  /** A follower needs a snapshot. */
  start(partition: Partition, request: SnapshotRequest): void {
    if (this.#closed) return;
    this.#lastNumber += 1;
    const transfer: Transfer = {
      number: this.#lastNumber,
      partition,
      request,
      index: undefined,
      unansweredCount: 0,
      idleTicks: 0,
      failed: false,
      wake: () => undefined,
    };
    this.#transfers.set(transfer.number, transfer);
    // Its outcome is told to the group; besides that, only `close` waits for it.
    this.#settled = Promise.all([this.#settled, this.#run(transfer)]);
  }

  /** An answer of the receiver. */
  receive(nodeId: number, part: SnapshotPart): void {
    const transfer = this.#transfers.get(part.transfer);
    if (transfer === undefined || nodeOf(transfer.request.to) !== nodeId) return;
    if (part.kind === 'taken') {
      transfer.unansweredCount -= 1;
      transfer.idleTicks = 0;
      transfer.wake();
    } else if (part.kind === 'given-up') {
      fail(transfer);
    }
  }

  /** The link to a node has room again. Those that began first go first. */
  writable(nodeId: number): void {
    for (const transfer of this.#transfers.values()) {
      if (nodeOf(transfer.request.to) === nodeId) transfer.wake();
    }
  }

  /** The oldest state of the partition that is on its way. */
  streamedIndex(partition: number): Index | undefined {
    let oldest: Index | undefined;
    for (const { partition: sent, index } of this.#transfers.values()) {
      if (sent.id !== partition || index === undefined) continue;
      if (oldest === undefined || index < oldest) oldest = index;
    }
    return oldest;
  }

  /** The link to a node was lost, and with it what was under way. */
  linkDown(nodeId: number): void {
    for (const transfer of this.#transfers.values()) {
      if (nodeOf(transfer.request.to) === nodeId) fail(transfer);
    }
  }

  tick(): void {
    for (const transfer of this.#transfers.values()) {
      // Who waits for room on the link, behind others, does not wait for the follower.
      if (transfer.unansweredCount === 0) continue;
      transfer.idleTicks += 1;
      if (transfer.idleTicks > limits.snapshotIdleTicksMax) fail(transfer);
    }
  }

  /** Gives all transfers up; resolves when the store is not needed any more. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const transfer of this.#transfers.values()) fail(transfer);
    await this.#settled;
  }

  async #run(transfer: Transfer): Promise<void> {
    const { partition, request } = transfer;
    const { to, session } = request;
    let reader: SnapshotReader | undefined;
    try {
      reader = await this.#options.openSnapshot(partition.id);
      if (reader === undefined) throw new FencepostError('NOT_LEADER', 'there is no checkpoint');
      const { index, term, timeMs, meta } = reader.checkpoint;
      transfer.index = index;
      await this.#sendAll(transfer, reader);
      const configuration =
        decodeCheckpointMeta(meta).configuration ?? partition.raft.configurationAt(index);
      partition.raft.snapshotSent(to, session, { index, term, timeMs, configuration });
      const node = shownReplica(to);
      this.#options.log('a snapshot was sent', { partition: partition.id, node, index });
    } catch (failure) {
      if (!(failure instanceof FencepostError)) throw failure;
      partition.raft.snapshotFailed(to, session);
      this.#options.log('a snapshot could not be sent', {
        partition: partition.id,
        node: shownReplica(to),
        reason: failure.message,
      });
    } finally {
      this.#transfers.delete(transfer.number);
      await reader?.close();
      this.#options.onProgress();
    }
  }

  async #sendAll(transfer: Transfer, reader: SnapshotReader): Promise<void> {
    const { number, partition, request } = transfer;
    const { raft } = partition;
    const { to, term, session } = request;
    const { checkpoint } = reader;
    await this.#send(transfer, {
      kind: 'begin',
      transfer: number,
      partition: partition.id,
      from: raft.self,
      to,
      term,
      session,
      checkpoint,
    });
    for (;;) {
      const rows = await reader.read();
      if (rows.length === 0) break;
      if (raft.role !== 'leader' || raft.term !== term) throw stopped('leadership was lost');
      await this.#send(transfer, { kind: 'rows', transfer: number, rows });
    }
    await this.#send(transfer, { kind: 'end', transfer: number });
    while (transfer.unansweredCount > 0) await changed(transfer);
    if (transfer.failed) throw stopped('the follower did not take it');
  }

  /** Sends a part once few enough are under way, and the link has room beside other transfers. */
  async #send(transfer: Transfer, part: SnapshotPart): Promise<void> {
    while (transfer.unansweredCount >= limits.snapshotPartsInFlightMax && !transfer.failed) {
      await changed(transfer);
    }
    const nodeId = nodeOf(transfer.request.to);
    const body = encodeSnapshotPart(part);
    while (!transfer.failed && !this.#options.send(nodeId, body)) {
      if (!this.#options.isLinked(nodeId)) throw stopped('the link is down');
      await changed(transfer);
    }
    if (transfer.failed) throw stopped('the follower did not take it');
    transfer.unansweredCount += 1;
  }
}

function stopped(reason: string): FencepostError {
  return new FencepostError('NOT_LEADER', reason);
}

function fail(transfer: Transfer): void {
  transfer.failed = true;
  transfer.unansweredCount = 0;
  transfer.wake();
}

function changed(transfer: Transfer): Promise<void> {
  return new Promise((resolve) => {
    transfer.wake = resolve;
  });
}
