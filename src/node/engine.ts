import { assert } from '../base/assert.ts';
import { limits } from '../base/limits.ts';
import type { Partition } from '../partition/partition.ts';
import type { HeartbeatReply } from '../raft/message.ts';
import type { Output } from '../raft/output.ts';
import type { Term } from '../raft/types.ts';
import type { Append } from '../store/store-port.ts';
import type { RaftPacket } from '../transport/packet.ts';

export interface EngineOptions {
  /** Partition 0 first; the number of a partition is its place here. */
  readonly partitions: readonly Partition[];
  readonly store: {
    /** Turns that are not durable yet. */
    readonly turnsInFlight: number;
    append(appends: readonly Append[], onDurable: () => void): void;
  };
  /** Takes messages to other nodes; what cannot be sent is lost, and consensus copes with that. */
  readonly send: (packet: RaftPacket) => void;
  /** What is final up to now may leave: one frame for each peer, and replies. */
  readonly flush: () => void;
  /** What the groups want besides disk and messages: snapshots. Called before they go on. */
  readonly onOutput: (partition: Partition, output: Output) => void;
  /** A write became durable outside of `endTurn`: outcomes may be ready. */
  readonly onProgress: () => void;
  /** Ticks between two looks at whether log time must move. */
  readonly timeEntryTicks: number;
  readonly tickMs: number;
  /** Ticks between two heartbeats of a leader. */
  readonly heartbeatTicks: number;
}

/**
 * Drives the groups of one node in turns, without clock, timer or socket of its own: the process
 * and the simulator both call it.
 *
 * A turn: `setTime`; commands run and packets are received; `endTurn` has every group propose one
 * entry, sends what is for others, writes what is for the disk, and hands on what is committed.
 */
export class Engine {
  readonly #options: EngineOptions;
  /** Answers to heartbeats that nobody waits for, until they leave with this node's own. */
  #patient: RaftPacket[] = [];
  /** The read round that each group answered last. */
  readonly #answered = new Map<number, { readonly term: Term; readonly readId: number }>();
  #tickCount = 0;
  /** A message of this frame may have confirmed what a client waits for. */
  #confirmed = false;
  #driving = false;
  #driveAgain = false;
  #undurableCount = 0;
  #stopped = false;

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  /** Nothing that was executed waits for the disk or for others. */
  get idle(): boolean {
    return this.#undurableCount === 0 && this.#partitions.every(({ settled }) => settled);
  }

  /** Whether a write is under way. */
  get writing(): boolean {
    return this.#undurableCount > 0;
  }

  /** From now on nothing moves: the disk failed, or the process ends. */
  stop(): void {
    this.#stopped = true;
  }

  /** See `Partition.setTime`. */
  setTime(monotonicMs: number, mayExpire: boolean): void {
    for (const partition of this.#partitions) partition.setTime(monotonicMs, mayExpire);
  }

  /** Lets the groups count a tick, and log time move where leases need it. */
  tick(): void {
    if (this.#stopped) return;
    const { timeEntryTicks, tickMs, heartbeatTicks } = this.#options;
    this.#tickCount += 1;
    if (this.#tickCount % heartbeatTicks === 0) this.#sendPatient();
    // All partitions at the same tick: one write of the disk for all of them.
    const look = this.#tickCount / timeEntryTicks;
    for (const partition of this.#partitions) {
      partition.raft.tick();
      if (Number.isInteger(look)) partition.maybeProposeTime(look, timeEntryTicks * tickMs);
    }
  }

  /** Expires leases in a bounded step; true if more of them are due. */
  expire(): boolean {
    if (this.#stopped) return false;
    let more = false;
    for (const partition of this.#partitions) more = partition.expireDue() || more;
    return more;
  }

  /** Takes a message in. What is meant for another incarnation of this node is dropped. */
  receive({ partition: id, from, to, message }: RaftPacket): void {
    const raft = this.#partitions[id]?.raft;
    if (this.#stopped || raft === undefined || raft.self !== to) return;
    raft.step(from, message);
    this.#confirmed ||= message.kind === 'append-accepted' || message.kind === 'heartbeat-reply';
  }

  /**
   * Every message of a frame was received. What a quorum has confirmed leaves at once: the turn may
   * go on for some more polls, so that its commands share one sync, and those that are committed
   * need none any more. A frame without confirmations waits for the end: each would cost a sync.
   */
  endFrame(): void {
    if (!this.#confirmed || this.#full) return;
    this.#confirmed = false;
    this.drive();
  }

  /** Ends the turn. With too many writes under way it goes on: the next one to end will end it. */
  endTurn(): void {
    if (this.#stopped || this.#full) return;
    for (const partition of this.#partitions) partition.endTurn();
    this.drive();
  }

  /** Moves outputs of the groups to the disk and to the others until there are none. */
  drive(): void {
    this.#driveAgain = true;
    if (this.#driving) return;
    this.#driving = true;
    while (this.#driveAgain && !this.#stopped) {
      this.#driveAgain = false;
      this.#driveOnce();
    }
    this.#driving = false;
    if (!this.#stopped) this.#options.flush();
  }

  /** Too many writes are under way: what would add one waits until one of them is durable. */
  get #full(): boolean {
    return this.#options.store.turnsInFlight >= limits.turnsInFlightMax;
  }

  get #partitions(): readonly Partition[] {
    return this.#options.partitions;
  }

  #driveOnce(): void {
    const appends: Append[] = [];
    for (const partition of this.#partitions) {
      if (!partition.raft.hasOutput) continue;
      const output = partition.raft.takeOutput();
      const { hardState, entries } = output;
      partition.noteAppended(entries);
      if (hardState !== undefined) appends.push({ partition: partition.id, hardState, entries });
      else if (entries.length > 0) appends.push({ partition: partition.id, entries });
      this.#send(partition, output);
      partition.advance(output);
      this.#options.onOutput(partition, output);
      this.#driveAgain ||= partition.raft.hasOutput;
    }
    if (appends.length === 0) return;
    // The others work on the entries while this node writes them (thesis 10.2.1).
    this.#options.flush();
    this.#undurableCount += 1;
    this.#options.store.append(appends, () => this.#durable(appends));
  }

  #send({ id, raft }: Partition, { messages }: Output): void {
    for (const { to, message } of messages) {
      const packet: RaftPacket = { kind: 'raft', partition: id, from: raft.self, to, message };
      if (message.kind !== 'heartbeat-reply' || this.#answersRead(id, message)) {
        this.#options.send(packet);
      } else {
        this.#patient.push(packet);
      }
    }
    if (this.#patient.length > patientPerGroupMax * this.#partitions.length) this.#sendPatient();
  }

  /**
   * Whether a read may wait for the answer. Without one it tells the leader no more than that this
   * replica is alive, and a frame of its own would wake both nodes for that.
   */
  #answersRead(partition: number, { term, readId }: HeartbeatReply): boolean {
    const last = this.#answered.get(partition);
    if (last?.term === term && last.readId === readId) return false;
    this.#answered.set(partition, { term, readId });
    return true;
  }

  #sendPatient(): void {
    const packets = this.#patient;
    this.#patient = [];
    for (const packet of packets) this.#options.send(packet);
  }

  /** The disk holds these appends: the groups may count them. */
  #durable(appends: readonly Append[]): void {
    this.#undurableCount -= 1;
    assert(this.#undurableCount >= 0, 'a write becomes durable once');
    if (this.#stopped) return;
    for (const { partition: id, hardState, entries } of appends) {
      const raft = this.#partitions[id]?.raft;
      const last = entries.at(-1);
      if (hardState !== undefined) raft?.saved(hardState);
      if (last !== undefined) raft?.appended(last.index, last.term);
    }
    if (this.#driving) {
      this.#driveAgain = true;
      return;
    }
    this.drive();
    this.#options.onProgress();
  }
}

/** More answers than this cannot gather between two heartbeats. */
const patientPerGroupMax = 16;
