import { selectDatabase } from '../commands/select.ts';
import type { QueuedCommand } from '../commands/session-port.ts';
import { array, NULL, type Reply } from '../resp/reply.ts';
import type { ForwardedCommand } from './forwarded.ts';

/** A queue of MULTI, cut into what its partition runs and what the session's node runs. */
export interface TransactionParts {
  /** In their order, each with the database that a SELECT before it has chosen. */
  readonly forwarded: readonly ForwardedCommand[];
  /** The others by their places in the queue. */
  readonly here: ReadonlyMap<number, QueuedCommand>;
}

/** Cuts a queue; what belongs to the session itself (SELECT, PING, CLIENT…) stays with it. */
export function partsOf(queue: readonly QueuedCommand[], db: number): TransactionParts {
  const forwarded: ForwardedCommand[] = [];
  const here = new Map<number, QueuedCommand>();
  const selecting = { db };
  for (const [at, queued] of queue.entries()) {
    const { command, args } = queued;
    if (command.runs !== 'session') {
      forwarded.push({ db: selecting.db, args });
      continue;
    }
    if (command.name === 'select') selectDatabase(selecting, args[1] ?? '');
    here.set(at, queued);
  }
  return { forwarded, here };
}

/**
 * The reply of the whole transaction.
 *
 * @param reply what the partition answered: an array if it ran the queue
 * @param hereReplies the replies of the session's own commands, by their places
 */
export function joinedReply(reply: Reply, hereReplies: ReadonlyMap<number, Reply>): Reply {
  if (reply.kind !== 'array' || hereReplies.size === 0) return reply;
  const items: Reply[] = [];
  let taken = 0;
  for (let at = 0; at < reply.items.length + hereReplies.size; at += 1) {
    const own = hereReplies.get(at);
    items.push(own ?? reply.items[taken] ?? NULL);
    if (own === undefined) taken += 1;
  }
  return array(items);
}
