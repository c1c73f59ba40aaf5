import { Prng } from '../base/prng.ts';
import { bulk, NULL, type Reply } from '../resp/reply.ts';
import { type Command, NO_KEYS } from './command.ts';
import type { KeyContext } from './context.ts';

/** redis.io/commands/randomkey. Chance comes from the clock, in microseconds. */
export const randomkey: Command = {
  name: 'randomkey',
  arity: 1,
  flags: ['readonly'],
  keys: NO_KEYS,
  group: 'generic',
  since: '1.0.0',
  summary: 'Tells a key of the database at random.',
  complexity: 'O(1)',
  arguments: [],
  runs: 'every',
  execute: randomKey,
  merge: pickOne,
};

/** Looks where chance points in the list of committed keys, then at all keys in their order. */
function randomKey({ keyspace, db, server }: KeyContext): Reply {
  const size = keyspace.size(db);
  if (size === 0) return NULL;
  const position = 1 + new Prng(server.wallMicros()).below(size);
  const [lease] = keyspace.scan(db, position, 1).leases;
  if (lease !== undefined) return bulk(lease.key);
  for (const { key } of keyspace.leases(db)) return bulk(key);
  return NULL;
}

/** Each partition names a key at random, so the bytes of their names choose among them. */
function pickOne(replies: readonly Reply[]): Reply {
  const found = replies.filter((reply) => reply.kind === 'bulk');
  let sum = 0;
  for (const { value } of found) {
    for (let at = 0; at < value.length; at += 1) sum += value.charCodeAt(at);
  }
  return found[sum % found.length] ?? NULL;
}
