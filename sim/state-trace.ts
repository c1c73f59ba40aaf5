import type { Effect } from '../src/keyspace/effect.ts';
import type { Partition } from '../src/partition/partition.ts';
import { type Entry, nodeOf } from '../src/raft/types.ts';
import type { Scheduler } from './scheduler.ts';

/** Tells one line for each change of state, with the virtual time at which it happened. */
export class StateTrace {
  readonly #scheduler: Scheduler;
  readonly #write: (line: string) => void;
  readonly #last = new Map<string, string>();

  constructor(scheduler: Scheduler, write: (line: string) => void) {
    this.#scheduler = scheduler;
    this.#write = write;
  }

  tell(line: string): void {
    this.#write(`${this.#scheduler.nowMs.toFixed(3).padStart(12)} ${line}`);
  }

  /** Tells what an entry does that is known to be committed. */
  committed(partition: number, entry: Entry, effects: readonly Effect[]): void {
    const what = effects.map((effect) => {
      if (!('lease' in effect))
        return 'key' in effect ? `${effect.kind} ${effect.key}` : effect.kind;
      const { key, value, token, expiresAtMs } = effect.lease;
      return `${effect.kind} ${key} ${value} token ${token} until ${expiresAtMs}`;
    });
    const place = `partition ${partition} commits ${entry.index}/${entry.term}`;
    this.tell(`${place} at log time ${entry.timeMs}: ${what.join(', ')}`);
  }

  /** Tells what has changed of a replica since it was looked at last. */
  look(nodeId: number, { id, raft, appliedIndex, ready }: Partition): void {
    const { voters, outgoing, learners } = raft.configuration;
    const members =
      `${voters.map(nodeOf).join()}` +
      (outgoing.length > 0 ? ` from ${outgoing.map(nodeOf).join()}` : '') +
      (learners.length > 0 ? ` learning ${learners.map(nodeOf).join()}` : '');
    const now =
      `${raft.role}${ready ? ' ready' : ''} term ${raft.term} last ${raft.lastIndex}/` +
      `${raft.lastTerm} commit ${raft.commitIndex} applied ${appliedIndex} of ${members}`;
    const key = `${nodeId}/${id}`;
    if (this.#last.get(key) === now) return;
    this.#last.set(key, now);
    this.tell(`node ${nodeId} partition ${id}: ${now}`);
  }
}
