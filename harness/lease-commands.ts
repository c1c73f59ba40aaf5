import type { HistoryEvent, Operation, OperationOutcome } from '../checker/history.ts';
import type { Connection, PlainReply } from './connection.ts';
import { monotonicMs } from './elapse.ts';
import { releaseScript } from './request.ts';

/** The other script that lock libraries send: compare-and-pexpire. */
export const extendScript =
  'if redis.call("get",KEYS[1]) == ARGV[1] then ' +
  'return redis.call("pexpire",KEYS[1],ARGV[2]) else return 0 end';

/** Our own commands, or what clients of Redis send for the same. */
export type Spelling = 'own' | 'redis';

export function commandOf(operation: Operation, spelling: Spelling): readonly string[] {
  const { kind, key } = operation;
  switch (kind) {
    case 'set':
      return ['SET', key, operation.owner, 'NX', 'PX', String(operation.ttlMs)];
    case 'lock':
      return ['KLOCK', key, operation.owner, String(operation.ttlMs)];
    case 'extend': {
      const { owner, ttlMs } = operation;
      if (spelling === 'own') return ['KEXTEND', key, owner, String(ttlMs)];
      return ['EVAL', extendScript, '1', key, owner, String(ttlMs)];
    }
    case 'move':
      return ['PEXPIRE', key, String(operation.ttlMs)];
    case 'release':
      if (spelling === 'own') return ['KUNLOCK', key, operation.owner];
      return ['EVAL', releaseScript, '1', key, operation.owner];
    case 'delete':
      return ['DEL', key];
    case 'read':
      return ['KGET', key];
  }
}

/**
 * What the reply says. A server that cannot tell whether it will be able to keep what it did
 * answers with `UNCERTAIN`.
 *
 * @throws Error for a reply that the command does not have, other error replies among them
 */
export function outcomeOf(
  operation: Operation,
  spelling: Spelling,
  reply: PlainReply,
): OperationOutcome {
  if (reply instanceof Error && reply.message.startsWith('UNCERTAIN ')) return { kind: 'unknown' };
  if (operation.kind === 'read') return reply === null ? { kind: 'no' } : heldBy(reply);
  if (reply === null) return { kind: 'no' };
  if (reply === 'OK' && operation.kind === 'set') return { kind: 'yes' };
  if (typeof reply !== 'number') throw new Error(`${operation.kind} replied ${String(reply)}`);
  const showsToken = operation.kind === 'lock' || operation.kind === 'extend';
  if (showsToken && (operation.kind === 'lock' || spelling === 'own')) {
    return { kind: 'yes', token: reply };
  }
  return { kind: reply === 1 ? 'yes' : 'no' };
}

/**
 * Lets the operation happen in our own spelling, and tells what its client saw.
 *
 * @throws NoReply if it is not answered in time
 */
export async function perform(
  connection: Connection,
  operation: Operation,
  replyMsMax: number,
): Promise<HistoryEvent> {
  const sentAtMs = monotonicMs();
  const reply = await connection.ask(commandOf(operation, 'own'), replyMsMax);
  const answeredAtMs = monotonicMs();
  return { operation, sentAtMs, answeredAtMs, outcome: outcomeOf(operation, 'own', reply) };
}

/** Which owner of its own a client believes to hold a key by now; it need not be right. */
export function noteHolder(
  holders: Map<string, string>,
  { operation, outcome }: HistoryEvent,
): void {
  const { kind, key } = operation;
  if (kind === 'release' || kind === 'delete') holders.delete(key);
  else if (kind !== 'read' && 'owner' in operation) {
    if (outcome.kind === 'yes') holders.set(key, operation.owner);
    else if (kind === 'extend') holders.delete(key);
  }
}

/** KGET's map, which RESP2 carries as names and values in turn. */
export function heldBy(reply: PlainReply): Extract<OperationOutcome, { kind: 'held' }> {
  if (!Array.isArray(reply)) throw new Error(`KGET replied ${String(reply)}`);
  const fields = new Map<unknown, unknown>();
  for (let at = 0; at + 1 < reply.length; at += 2) fields.set(reply[at], reply[at + 1]);
  const owner = fields.get('owner');
  const token = fields.get('token');
  const ttlMs = fields.get('ttl-ms');
  if (typeof owner !== 'string' || typeof token !== 'number' || typeof ttlMs !== 'number') {
    throw new Error(`KGET replied ${JSON.stringify(reply)}`);
  }
  return { kind: 'held', owner, token, ttlMs };
}
