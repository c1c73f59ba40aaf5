import { assert } from '../base/assert.ts';
import type { Prng } from '../base/prng.ts';
import { ConfigurationHistory, isVoterIn } from './configuration.ts';
import { Durability } from './durability.ts';
import { HardStateRecord } from './hard-state.ts';
import { RaftLog } from './log.ts';
import type { Envelope, Message } from './message.ts';
import { Batch, type ReadConfirmation, type SnapshotRequest } from './output.ts';
import type { Peers } from './peers.ts';
import type { Votes } from './quorum.ts';
import type { ReadRounds } from './reads.ts';
import type { Installation } from './snapshot.ts';
import type { Transfer } from './transfer.ts';
import {
  type Configuration,
  type Entry,
  type HardState,
  type Index,
  indexOf,
  type LogBase,
  NOBODY,
  type ReplicaId,
  type Term,
} from './types.ts';

export interface RaftOptions {
  readonly self: ReplicaId;
  /**
   * Who the members are where the snapshot does not say it: at the start of a static group. Empty
   * for a replica that is yet to be told; it waits.
   */
  readonly configuration: Configuration;
  /** What the disk recovered, synced: the hard state, the end of the state, the log after it. */
  readonly hardState: HardState;
  readonly snapshot: LogBase & { readonly configuration?: Configuration | undefined };
  readonly entries: readonly Entry[];
  /** Ticks without a leader before an election, at least; thesis 3.4. */
  readonly electionTimeoutTicks: number;
  readonly heartbeatTicks: number;
  /** Ticks in which nothing happens until a leader lets its group fall silent; absent: never. */
  readonly quiesceTicks?: number | undefined;
  readonly prng: Prng;
}

export type Role = 'follower' | 'pre-candidate' | 'candidate' | 'leader';

/** What only a leader has; made anew with every election (Figure 3.1, "volatile on leaders"). */
export interface Leadership {
  /** The index of the no-op that opened the term. */
  readonly noopIndex: Index;
  /** The others in rising order. */
  peers: Peers;
  readonly reads: ReadRounds;
  ticksSinceHeartbeat: number;
  /** Whether AppendEntries may have to leave with the next output. */
  isSendDue: boolean;
  transfer: Transfer | undefined;
  /** Ticks since something happened in the group. */
  idleTicks: number;
}

/** What a follower owes to the leader of this term. */
export interface Following {
  readonly leader: ReplicaId;
  readonly session: number;
  /** Up to here the log was compared with the leader's in this session. */
  matchIndex: Index;
  /** Whether the leader was not told yet that it is durable up to `matchIndex`. */
  isReplyOwed: boolean;
}

/**
 * The state of one replica of one group, as Figure 3.1 of the thesis lists it. The chapters
 * (`election`, `replication`, `following`, ...) are functions over it.
 */
export class Replica {
  readonly self: ReplicaId;
  /** Who the members are, and were, along the log. */
  readonly configurations: ConfigurationHistory;
  readonly electionTimeoutTicks: number;
  readonly heartbeatTicks: number;
  readonly quiesceTicks: number | undefined;
  readonly prng: Prng;
  readonly log: RaftLog;
  readonly durability: Durability;
  readonly hardState: HardStateRecord;

  role: Role = 'follower';
  leader: ReplicaId = NOBODY;
  commitIndex: Index;
  /** Up to here committed entries were handed out. */
  handedOutIndex: Index;
  /** Ticks since the start, whatever happened in them. */
  tickCount = 0;
  /** Ticks since the leader was heard of, since a vote was given, or since the role began. */
  electionTicks = 0;
  /** `electionTicks` at which this replica stands for election; drawn anew each time. */
  electionTicksDrawn = 0;
  votes: Votes | undefined;
  leadership: Leadership | undefined;
  following: Following | undefined;
  installation: Installation | undefined;
  /** Whether the group fell silent: ticks do nothing. */
  quiesced = false;
  /** Numbers for replication sessions and read rounds; neither is ever used twice. */
  nextSession = 1;
  nextReadId = 1;
  /** Log time for an entry that the core makes itself. */
  timeMs = 0;

  readonly messages = new Batch<Envelope>();
  /** Messages that wait until the disk has the hard state. */
  readonly heldMessages = new Batch<Envelope>();
  readonly reads = new Batch<ReadConfirmation>();
  readonly lostReads = new Batch<number>();
  readonly snapshotRequests = new Batch<SnapshotRequest>();

  constructor(options: RaftOptions) {
    checkOptions(options);
    this.self = options.self;
    this.electionTimeoutTicks = options.electionTimeoutTicks;
    this.heartbeatTicks = options.heartbeatTicks;
    this.quiesceTicks = options.quiesceTicks;
    this.prng = options.prng;
    this.log = new RaftLog(options.snapshot, options.entries);
    const { index, configuration = options.configuration } = options.snapshot;
    this.configurations = new ConfigurationHistory({ index, configuration }, options.entries);
    this.durability = new Durability(this.log.lastIndex);
    this.hardState = new HardStateRecord(options.hardState);
    assert(this.log.lastTerm <= this.hardState.term, 'no entry is newer than the term');
    this.commitIndex = options.snapshot.index;
    this.handedOutIndex = options.snapshot.index;
  }

  get term(): Term {
    return this.hardState.term;
  }

  /** The latest one in the log, committed or not (thesis 4.1). */
  get configuration(): Configuration {
    return this.configurations.latest;
  }

  get isVoter(): boolean {
    return isVoterIn(this.configuration, this.self);
  }

  /**
   * A voter stands for election; and so does one that its latest configuration leaves out, until
   * that is known to be committed: nobody else may have the entry, and with its log the longer one
   * it refuses the others its vote (thesis 4.2.2).
   */
  get mayCampaign(): boolean {
    if (this.installation !== undefined) return false;
    const configurations = this.configurations.from(this.commitIndex);
    return configurations.some((configuration) => isVoterIn(configuration, this.self));
  }

  /**
   * The end of what may be applied: committed, and on this replica's own disk. Nothing more while
   * the state is being replaced.
   */
  get applicableIndex(): Index {
    if (this.installation !== undefined) return this.handedOutIndex;
    const { durableIndex } = this.durability;
    return this.commitIndex < durableIndex ? this.commitIndex : durableIndex;
  }

  /** Lets a message leave, but never before the term and vote that it speaks of are on disk. */
  send(to: ReplicaId, message: Message): void {
    assert(to !== this.self && to !== NOBODY, 'a message goes to somebody else');
    const batch = this.hardState.isDurable ? this.messages : this.heldMessages;
    batch.add({ to, message });
  }

  /**
   * Appends to the log in memory; a configuration is in force from here on. It is decoded first, so
   * that one that cannot be leaves nothing behind.
   */
  append(entry: Entry): void {
    this.configurations.maybeAppend(entry);
    this.log.append(entry);
  }

  /** Removes the entry at `index` and all after it; the configuration before them is back. */
  truncateFrom(index: Index): void {
    assert(index > this.commitIndex, 'a committed entry is never cut');
    this.log.truncateFrom(index);
    this.durability.cutFrom(index);
    this.configurations.truncateFrom(index);
  }

  /** Raises the commit index; an index that was committed once stays so. */
  commitUpTo(index: Index): void {
    assert(index <= this.log.lastIndex, 'what is committed is in the log');
    if (index > this.commitIndex) this.commitIndex = index;
  }

  /** The log time for an entry of now: never below that of the entry before it. */
  clampTime(timeMs: number): number {
    assert(Number.isSafeInteger(timeMs), 'log time is whole milliseconds');
    return timeMs > this.log.lastTimeMs ? timeMs : this.log.lastTimeMs;
  }

  /** The index after the last one: where a leader's next entry goes. */
  get nextIndex(): Index {
    return indexOf(this.log.lastIndex + 1);
  }
}

function checkOptions(options: RaftOptions): void {
  assert(options.self !== NOBODY, 'a replica has an id');
  assert(options.heartbeatTicks >= 1, 'heartbeats are at least a tick apart');
  assert(
    options.electionTimeoutTicks > options.heartbeatTicks,
    'a heartbeat comes before an election timeout',
  );
}
