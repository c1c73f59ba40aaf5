import { Outcome } from '../partition/outcome.ts';
import type { Partition } from '../partition/partition.ts';
import { NOBODY, type Term } from '../raft/types.ts';
import { OK } from '../resp/reply.ts';
import type { ControlMessage } from './control-message.ts';

export interface RecordCheckOptions {
  readonly nodeId: number;
  readonly meta: Partition;
  /** Sends a question to the leader of the meta group. */
  readonly pass: (question: ControlMessage) => void;
  readonly send: (nodeId: number, answer: ControlMessage) => void;
}

type Asked = Extract<ControlMessage, { kind: 'record-asked' }>;
type Known = Extract<ControlMessage, { kind: 'record-known' }>;

/** Questions, about one a second, after which no answer is expected any more. */
const questionCountMax = 10;

/** Groups that this node leads, by the term in which it does. */
type Terms = ReadonlyMap<number, Term>;

/**
 * Whether the record of members that this node has may be acted on.
 *
 * A replica of the meta group may be behind: after a restart, or cut off. The leader before this
 * one may have acted on a later record; to go by the older one would bring back a node that was
 * removed, as one that votes, while its folder is gone. So who begins to lead a group first asks
 * the leader of the meta group how far the record goes, which that one confirms as it does a read
 * (thesis 6.4), and waits until it has applied that much.
 */
export class RecordCheck {
  readonly #options: RecordCheckOptions;
  #number = 0;
  #asked: Terms = new Map();
  /** Looks, one after the other, at which nobody led the meta group. */
  #leaderlessCount = 0;
  /** The answer: what the record goes up to, for the groups that were led when it was asked for. */
  #known: { readonly index: number; readonly terms: Terms } | undefined;
  readonly #current = new Map<number, Term>();
  /** How often it was asked for a group in its term. */
  readonly #asking = new Map<number, { readonly term: Term; readonly count: number }>();

  constructor(options: RecordCheckOptions) {
    this.#options = options;
  }

  isCurrent({ id, raft }: Partition): boolean {
    // What the meta group does is in the log that it is recorded in.
    return id === this.#options.meta.id || this.#current.get(id) === raft.term;
  }

  /**
   * No answer came for long in this term. A node that was removed may lead on without knowing it:
   * the meta group, which would tell, has left it out. Somebody else has to lead then.
   */
  waitsLong(partition: Partition): boolean {
    const { id, raft } = partition;
    const asking = this.#asking.get(id);
    if (asking === undefined || asking.term !== raft.term) return false;
    return asking.count > questionCountMax && !this.isCurrent(partition);
  }

  /** Asks for the groups that are led here and were not asked for in this term. */
  look(partitions: readonly Partition[]): void {
    this.#settle();
    this.#leaderlessCount =
      this.#options.meta.raft.leader === NOBODY ? this.#leaderlessCount + 1 : 0;
    // It was left out, perhaps: what was current once says nothing any more.
    if (this.#leaderlessCount > questionCountMax) this.#current.clear();
    const open = partitions.filter((partition) => partition.ready && !this.isCurrent(partition));
    if (open.length === 0) return;
    this.#number += 1;
    this.#asked = new Map(open.map(({ id, raft }) => [id, raft.term]));
    for (const { id, raft } of open) {
      const before = this.#asking.get(id);
      const count = before?.term === raft.term ? before.count + 1 : 1;
      this.#asking.set(id, { term: raft.term, count });
    }
    const { nodeId, meta, pass } = this.#options;
    const question: Asked = { kind: 'record-asked', nodeId, number: this.#number };
    if (meta.ready)
      this.#confirm((index) => this.known({ ...question, kind: 'record-known', index }));
    else pass(question);
  }

  /** Another node asks. */
  asked({ nodeId, number }: Asked): void {
    if (!this.#options.meta.ready) return;
    this.#confirm((index) => {
      this.#options.send(nodeId, { kind: 'record-known', nodeId, number, index });
    });
  }

  /** An answer came; one to an earlier question is out of date. */
  known({ number, index }: Known): void {
    if (number !== this.#number) return;
    this.#known = { index, terms: this.#asked };
    this.#settle();
  }

  #confirm(confirmed: (index: number) => void): void {
    const { meta } = this.#options;
    const outcome = new Outcome(OK, 1);
    outcome.onReady(() => {
      if (outcome.reply === OK) confirmed(meta.appliedIndex);
    });
    meta.hold(outcome);
  }

  #settle(): void {
    const known = this.#known;
    if (known === undefined || this.#options.meta.appliedIndex < known.index) return;
    this.#known = undefined;
    for (const [id, term] of known.terms) this.#current.set(id, term);
  }
}
