import type { ByteString } from '../base/byte-string.ts';
import { SLOT_COUNT, slotOf } from '../keyspace/slot.ts';
import { array, bulk, type ErrorReply, error, integer, type Reply } from '../resp/reply.ts';
import { clusterCommand, clusterCommandInfo, DISABLED } from './cluster-subcommand.ts';
import { clusterOf } from './cluster-view.ts';
import type { Command } from './command.ts';
import type { KeyContext } from './context.ts';
import { NOT_AN_INTEGER, parseInteger } from './integer-argument.ts';

const INVALID_SLOT = error('ERR Invalid slot');
const INVALID_SLOT_OR_COUNT = error('ERR Invalid slot or number of keys');

/** redis.io/commands/cluster-keyslot */
export const clusterKeyslot: Command = clusterCommand(
  {
    name: 'cluster|keyslot',
    flags: ['stale'],
    since: '3.0.0',
    summary: 'Tells the slot of a key.',
    syntax: 'key',
  },
  (_view, _context, [, , key = '']) => integer(slotOf(key)),
);

/*
 * Redis counts and lists the keys that the node itself holds. Every node here answers for all
 * keys, so these go to the partition of the slot: they run on all, and the others have no such
 * key.
 */

/** redis.io/commands/cluster-countkeysinslot */
export const clusterCountkeysinslot: Command = {
  ...clusterCommandInfo({
    name: 'cluster|countkeysinslot',
    flags: ['stale'],
    since: '3.0.0',
    summary: 'Tells how many keys of the database lie in a slot.',
    syntax: 'slot',
  }),
  complexity: 'O(N) with N keys of the database',
  runs: 'every',
  execute: (context, [, , slotText = '']): Reply => {
    if (!clusterOf(context.server).enabled) return DISABLED;
    const slot = parseInteger(slotText);
    if (slot === undefined) return NOT_AN_INTEGER;
    if (!isSlot(slot)) return INVALID_SLOT;
    let count = 0;
    for (const _key of keysInSlot(context, slot)) count += 1;
    return integer(count);
  },
  merge: (replies) => {
    let sum = 0;
    for (const reply of replies) if (reply.kind === 'integer') sum += Number(reply.value);
    return errorAmong(replies) ?? integer(sum);
  },
};

/** redis.io/commands/cluster-getkeysinslot */
export const clusterGetkeysinslot: Command = {
  ...clusterCommandInfo({
    name: 'cluster|getkeysinslot',
    flags: ['stale'],
    since: '3.0.0',
    summary: 'Lists keys of the database that lie in a slot.',
    syntax: 'slot count',
  }),
  complexity: 'O(N) with N keys of the database',
  runs: 'every',
  execute: (context, [, , slotText = '', countText = '']): Reply => {
    if (!clusterOf(context.server).enabled) return DISABLED;
    const slot = parseInteger(slotText);
    const count = parseInteger(countText);
    if (slot === undefined || count === undefined) return NOT_AN_INTEGER;
    if (!isSlot(slot) || count < 0) return INVALID_SLOT_OR_COUNT;
    const keys: Reply[] = [];
    for (const key of keysInSlot(context, slot)) {
      if (keys.length >= count) break;
      keys.push(bulk(key));
    }
    return array(keys);
  },
  // One partition owns the slot, so the others add nothing to the count.
  merge: (replies) =>
    errorAmong(replies) ??
    array(replies.flatMap((reply) => (reply.kind === 'array' ? reply.items : []))),
};

function isSlot(value: number | bigint): value is number {
  return typeof value === 'number' && value >= 0 && value < SLOT_COUNT;
}

function* keysInSlot({ keyspace, db }: KeyContext, slot: number): Generator<ByteString> {
  for (const { key } of keyspace.leases(db)) if (slotOf(key) === slot) yield key;
}

function errorAmong(replies: readonly Reply[]): ErrorReply | undefined {
  return replies.find((reply) => reply.kind === 'error');
}
