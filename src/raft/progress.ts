import { assert } from '../base/assert.ts';
import { limits } from '../base/limits.ts';
import { type Index, indexOf, type ReplicaId } from './types.ts';

/**
 * How a leader feeds one follower. `probe`: the place where both logs part is unknown, one
 * message at a time looks for it. `replicate`: known, messages follow each other without
 * waiting. `snapshot`: the entries it needs are compacted; a state was asked for on its behalf or
 * is with it already, and nothing is sent until it accepts what the log can go on from.
 */
export type ProgressState = 'probe' | 'replicate' | 'snapshot';

/**
 * Heartbeats from the arrival of a state until the follower is asked whether it has it in place.
 * Installing takes a moment, and a refusal would fetch the whole state again.
 */
const installHeartbeats = 5;

/** What INFO shows of a follower. */
export interface PeerProgress {
  readonly id: ReplicaId;
  readonly isLearner: boolean;
  readonly state: ProgressState;
  readonly matchIndex: Index;
  readonly nextIndex: Index;
  /** Whether it was heard of since the check of the quorum before the last one. */
  readonly isActive: boolean;
}

export interface ProgressOptions {
  readonly id: ReplicaId;
  readonly session: number;
  readonly nextIndex: Index;
}

/** A leader's view of one follower: nextIndex and matchIndex of Figure 3.1, and the window. */
export class Progress {
  readonly id: ReplicaId;
  isLearner = false;
  /** A reply with another number belongs to an earlier view of this follower. */
  readonly session: number;
  isActive = false;
  /** The same in the period before: right after a check nobody was heard of since. */
  #wasActive = false;
  /** The latest read round that this follower has answered (thesis 6.4). */
  confirmedReadId = 0;
  #state: ProgressState = 'probe';
  #matchIndex = indexOf(0);
  #nextIndex: Index;
  #isPaused = false;
  /** The last index of each unanswered AppendEntries, rising. */
  readonly #inFlight: Index[] = [];
  #matchAtHeartbeat = indexOf(0);
  #isStalled = false;
  /** Where the state ends that is with the follower; undefined while it is on its way. */
  #snapshotIndex: Index | undefined;
  #heartbeatsSinceSnapshot = 0;

  constructor(options: ProgressOptions) {
    assert(options.nextIndex >= 1, 'an index begins at 1');
    this.id = options.id;
    this.session = options.session;
    this.#nextIndex = options.nextIndex;
  }

  get state(): ProgressState {
    return this.#state;
  }

  get matchIndex(): Index {
    return this.#matchIndex;
  }

  get nextIndex(): Index {
    return this.#nextIndex;
  }

  /** Whether it was heard of within an election timeout: in this period or the one before. */
  get isHeard(): boolean {
    return this.isActive || this.#wasActive;
  }

  /** The quorum was checked: what is heard from here on counts for the next time. */
  beginPeriod(): void {
    this.#wasActive = this.isActive;
    this.isActive = false;
  }

  /** Whether an AppendEntries may leave now, given the end of the leader's log. */
  maySend(lastIndex: Index): boolean {
    switch (this.#state) {
      case 'probe':
        return !this.#isPaused;
      case 'replicate':
        return this.#nextIndex <= lastIndex && this.#inFlight.length < limits.appendsInFlightMax;
      case 'snapshot':
        return false;
    }
  }

  /** An AppendEntries left that ends with `lastIndex`. */
  sent(lastIndex: Index): void {
    assert(lastIndex + 1 >= this.#nextIndex, 'what is sent begins at nextIndex');
    if (this.#state === 'probe') this.#isPaused = true;
    if (this.#state !== 'replicate' || lastIndex < this.#nextIndex) return;
    this.#nextIndex = indexOf(lastIndex + 1);
    this.#inFlight.push(lastIndex);
  }

  /**
   * Both logs are equal up to `matchIndex` and the follower's disk has it.
   *
   * @param baseIndex where the leader's log begins: it can go on from there or from later
   */
  accepted(matchIndex: Index, baseIndex: Index): void {
    if (matchIndex > this.#matchIndex) this.#matchIndex = matchIndex;
    while (this.#inFlight.length > 0 && (this.#inFlight[0] ?? 0) <= matchIndex) {
      this.#inFlight.shift();
    }
    if (this.#state === 'snapshot' && this.#matchIndex < baseIndex) return;
    if (this.#state !== 'replicate') {
      this.#state = 'replicate';
      this.#isPaused = false;
      this.#nextIndex = indexOf(this.#matchIndex + 1);
    } else if (this.#nextIndex <= this.#matchIndex) {
      this.#nextIndex = indexOf(this.#matchIndex + 1);
    }
  }

  /**
   * The follower has no entry at `previousIndex` that equals the leader's; `hintIndex` is the
   * last place where both logs may be equal. False if the answer is out of date.
   */
  rejected(previousIndex: Index, hintIndex: Index): boolean {
    if (previousIndex <= this.#matchIndex) return false;
    if (this.#state !== 'replicate' && previousIndex !== this.#nextIndex - 1) return false;
    if (this.#state === 'snapshot' && !this.#mayAskForSnapshot) return false;
    const next = Math.max(Math.min(previousIndex, hintIndex + 1), this.#matchIndex + 1);
    this.#probeFrom(indexOf(next));
    return true;
  }

  /** The entries that are needed are compacted: a state was asked for. */
  needSnapshot(): void {
    this.#state = 'snapshot';
    this.#inFlight.length = 0;
    this.#snapshotIndex = undefined;
  }

  /** The follower's node has all of a state that ends at `index`. */
  snapshotSent(index: Index): void {
    if (this.#state !== 'snapshot') return;
    this.#snapshotIndex = index;
    this.#heartbeatsSinceSnapshot = 0;
    this.#nextIndex = indexOf(index + 1);
  }

  /** The state did not get there; the follower is asked again when it is heard of. */
  snapshotFailed(baseIndex: Index): void {
    if (this.#state === 'snapshot') this.awaitWord(baseIndex);
  }

  /**
   * Sends nothing before the follower answers a heartbeat. Then it is asked for the place where the
   * log begins: it may have more than it was heard to have, and need no state.
   */
  awaitWord(baseIndex: Index): void {
    this.#probeFrom(indexOf(Math.max(this.#matchIndex, baseIndex) + 1));
    this.#isPaused = true;
  }

  /** The log begins after `baseIndex`: what is asked about lies there or later. */
  askAfter(baseIndex: Index): void {
    if (this.#nextIndex <= baseIndex) this.#nextIndex = indexOf(baseIndex + 1);
  }

  /** A periodic heartbeat leaves: notes whether anything was acknowledged since the last one. */
  heartbeatSent(lastIndex: Index): void {
    const isBehind = this.#matchIndex < lastIndex || this.#state !== 'replicate';
    this.#isStalled = isBehind && this.#matchIndex === this.#matchAtHeartbeat;
    this.#matchAtHeartbeat = this.#matchIndex;
    if (this.#state !== 'snapshot') return;
    this.#heartbeatsSinceSnapshot += 1;
    this.#isStalled = this.#mayAskForSnapshot;
  }

  /**
   * It answered a heartbeat. True, at most once between two heartbeats, if it is alive and
   * behind but acknowledged nothing meanwhile: a message was lost and must be asked about.
   */
  takeStall(): boolean {
    if (!this.#isStalled) return false;
    this.#isStalled = false;
    this.#isPaused = false;
    return true;
  }
  get #mayAskForSnapshot(): boolean {
    return this.#snapshotIndex !== undefined && this.#heartbeatsSinceSnapshot >= installHeartbeats;
  }

  #probeFrom(nextIndex: Index): void {
    this.#state = 'probe';
    this.#isPaused = false;
    this.#inFlight.length = 0;
    this.#nextIndex = nextIndex;
  }
}
