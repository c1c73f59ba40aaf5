import type { Prng } from '../src/base/prng.ts';
import type { Reply } from '../src/resp/reply.ts';
import type { Roster } from './roster.ts';
import type { Scheduler } from './scheduler.ts';
import type { SimNode } from './sim-node.ts';
import type { SimSession } from './sim-session.ts';
import { addressOf } from './sim-transport.ts';

export type ChangeKind = 'add' | 'remove' | 'replace' | 'demote';

export interface OperatorOptions {
  readonly prng: Prng;
  readonly roster: Roster;
  readonly scheduler: Scheduler;
  readonly newSession: () => SimSession;
  readonly trace: (line: string) => void;
  /** The operators were told that the node counts in no group any more. */
  readonly removed: (nodeId: number) => void;
  /** The node is to come into the cluster. */
  readonly invited: (nodeId: number) => void;
  /** A machine is switched off. */
  readonly died: (nodeId: number) => void;
}

interface Step {
  readonly verb: 'ADD' | 'PROMOTE' | 'REMOVE';
  readonly nodeId: number;
}

/** Voters that clusters of the simulation have at least, and at most. */
const voterCount = { least: 3, most: 6 };
const retryMs = { least: 500, most: 4_000 };
const hasteMsMax = 3_000;
/** Whoever asks hears within the time that a change may take at the node (`clusterChangeMs`). */
const patienceMs = 65_000;
const lookMs = 5_000;
/** How long a machine that was removed goes on before somebody switches it off. */
const afterlifeMs = { least: 1_000, most: 60_000 };

/**
 * Whoever changes the members of a cluster while it works, with the commands that people have for
 * it, sent to any node and sent again until they are answered with OK. One plan at a time: add a
 * node and promote it, remove one, replace one by another, take a vote away for a while.
 */
export class Operator {
  /** Steps that were answered with OK. */
  doneCount = 0;
  readonly #options: OperatorOptions;
  #steps: Step[] = [];
  /** Steps that were sent and have not been answered with OK. */
  #openCount = 0;
  #stopped = false;

  constructor(options: OperatorOptions) {
    this.#options = options;
  }

  get busy(): boolean {
    return this.#steps.length > 0 || this.#openCount > 0;
  }

  /** Nothing more is begun; what was asked for stays so. */
  stop(): void {
    this.#stopped = true;
    this.#steps = [];
  }

  /** False if the cluster cannot change like that now. */
  begin(kind: ChangeKind): boolean {
    if (this.busy || this.#stopped) return false;
    const steps = this.#planOf(kind);
    if (steps === undefined) return false;
    this.#tell(`${kind}: ${steps.map(({ verb, nodeId }) => `${verb} ${nodeId}`).join(', ')}`);
    this.#steps = [...steps];
    this.#next();
    return true;
  }

  #planOf(kind: ChangeKind): readonly Step[] | undefined {
    const { prng, roster } = this.#options;
    const members = roster.of('member').map(({ nodeId }) => nodeId);
    const [oldest] = members;
    if (members.length < voterCount.least || oldest === undefined) return undefined;
    const old = prng.oneIn(3) ? prng.pick(members) : oldest;
    const remove: Step = { verb: 'REMOVE', nodeId: old };
    if (kind === 'remove') return members.length > voterCount.least ? [remove] : undefined;
    if (kind === 'demote') return [remove, ...comingOf(old)];
    if (members.length >= voterCount.most) return undefined;
    const machine = this.#unused();
    if (machine === undefined) return undefined;
    const coming = comingOf(machine.nodeId);
    return kind === 'add' ? coming : [...coming, remove];
  }

  /** A machine that was never used, or else one that was removed and gets a new disk. */
  #unused(): SimNode | undefined {
    const { roster } = this.#options;
    const [spare] = roster.of('spare');
    if (spare !== undefined) return spare;
    const off = roster.of('gone').find(({ process }) => process === undefined);
    off?.erase();
    return off;
  }

  #next(): void {
    const step = this.#steps.shift();
    if (step === undefined) return;
    const { prng, roster, scheduler } = this.#options;
    const { verb, nodeId } = step;
    this.#openCount += 1;
    if (verb === 'ADD') this.#invite(nodeId);
    else if (verb === 'REMOVE') roster.set(nodeId, 'leaving');
    // A node that is to leave and to come back does one after the other.
    const hasty = verb !== 'REMOVE' && this.#steps.length > 0 && prng.oneIn(3);
    if (hasty) scheduler.after(prng.below(hasteMsMax) * 1_000, () => this.#next());
    this.#ask(step, () => {
      this.#openCount -= 1;
      this.doneCount += 1;
      this.#done(step);
      if (!hasty) this.#next();
    });
  }

  /** The node starts before it is added, or a little later. */
  #invite(nodeId: number): void {
    const { prng, roster, scheduler, invited } = this.#options;
    const machine = roster.machines.find((each) => each.nodeId === nodeId);
    roster.set(nodeId, 'joining');
    invited(nodeId);
    scheduler.after(prng.oneIn(2) ? 0 : prng.below(hasteMsMax) * 1_000, () => {
      // With the same disk it is the same replica as before; with a new one it must not be.
      if (machine?.process === undefined && prng.oneIn(2)) machine?.erase();
      machine?.start();
    });
  }

  #done({ verb, nodeId }: Step): void {
    const { prng, roster, scheduler, removed, died } = this.#options;
    if (verb === 'PROMOTE' && roster.standingOf(nodeId) === 'joining') roster.set(nodeId, 'member');
    if (verb !== 'REMOVE') return;
    roster.set(nodeId, 'gone');
    removed(nodeId);
    const ms = prng.between(afterlifeMs.least, afterlifeMs.most);
    scheduler.after(ms * 1_000, () => {
      if (roster.standingOf(nodeId) !== 'gone') return;
      const machine = roster.machines.find((each) => each.nodeId === nodeId);
      if (machine?.process === undefined) return;
      machine.crash(prng.oneIn(2));
      died(nodeId);
    });
  }

  /** Sends the command to some node, and again to some node until one answers with OK. */
  #ask(step: Step, done: () => void): void {
    const { prng, roster, scheduler, newSession } = this.#options;
    if (this.#stopped) return;
    const again = (): void => {
      const ms = prng.between(retryMs.least, retryMs.most);
      scheduler.after(ms * 1_000, () => this.#ask(step, done));
    };
    const nodes = roster.of('member').filter(({ nodeId, status }) => {
      return status === 'up' && nodeId !== step.nodeId;
    });
    if (nodes.length === 0) return again();
    const node = prng.pick(nodes);
    const { process } = node;
    const session = newSession();
    let over = false;
    const end = (then: () => void): void => {
      if (over) return;
      over = true;
      session.close();
      then();
    };
    process?.execute(session, argsOf(step), (reply: Reply) => {
      this.#tell(`${argsOf(step).join(' ')} at node ${node.nodeId}: ${JSON.stringify(reply)}`);
      end(reply.kind === 'error' ? again : done);
    });
    const untilMicros = scheduler.nowMicros + patienceMs * 1_000;
    const look = (): void => {
      if (over) return;
      const hopeless = node.process !== process || scheduler.nowMicros > untilMicros;
      if (hopeless) end(again);
      else scheduler.after(lookMs * 1_000, look);
    };
    look();
  }

  #tell(line: string): void {
    this.#options.trace(`operator: ${line}`);
  }
}

function comingOf(nodeId: number): readonly Step[] {
  return [
    { verb: 'ADD', nodeId },
    { verb: 'PROMOTE', nodeId },
  ];
}

function argsOf({ verb, nodeId }: Step): readonly string[] {
  const address = verb === 'ADD' ? [addressOf(nodeId)] : [];
  return ['FENCEPOST', verb, `${nodeId}`, ...address];
}
