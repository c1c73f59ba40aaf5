import { assertNever } from '../base/assert.ts';
import { integer, NULL, type Reply } from '../resp/reply.ts';
import { cString } from './c-string.ts';
import { type Machine, stringBytes } from './machine.ts';
import { formatGeneral } from './number-format.ts';
import { arrayPlaceBytes, hashPlaceBytes, LuaTable, tableBytes } from './table.ts';
import type { LuaValue } from './value.ts';

/**
 * Values of Lua to replies and back (redis.io/docs/interact/programmability/lua-api, "Data type
 * conversion"). What a reply becomes depends on the protocol that the script chose with
 * `redis.setresp`: with RESP2, as at the start, it sees what a RESP2 client would.
 */

/** How deep a returned table may nest; Redis gives up when Lua's stack is full. */
const replyDepthMax = 128;

/** What one reply takes of memory, about. */
const replyBytes = 96;

/** The reply that a script's result becomes. */
export function toReply(machine: Machine, value: LuaValue, depth = 0): Reply {
  machine.step();
  machine.retain(replyBytes);
  switch (typeof value) {
    case 'string':
      return { kind: 'bulk', value };
    case 'number':
      return integer(integerOf(value));
    case 'boolean':
      if (machine.protocol === 3) return { kind: 'boolean', value };
      return value ? integer(1) : NULL;
    case 'object':
      return value instanceof LuaTable ? tableReply(machine, value, depth) : NULL;
    default:
      return NULL;
  }
}

/** Truncated as C does on x86-64; what is no 64-bit integer becomes the smallest. */
function integerOf(value: number): number | bigint {
  if (Number.isSafeInteger(value)) return value + 0;
  if (!(Math.abs(value) < 2 ** 63)) return -(2n ** 63n);
  const whole = Math.trunc(value) + 0;
  return Number.isSafeInteger(whole) ? whole : BigInt(whole);
}

function tableReply(machine: Machine, table: LuaTable, depth: number): Reply {
  if (depth > replyDepthMax) return { kind: 'error', text: 'ERR reached lua stack limit' };
  const special = specialReply(machine, table, depth);
  if (special !== undefined) return special;
  const items: Reply[] = [];
  for (let at = 1; ; at += 1) {
    const item = table.get(at);
    if (item === undefined) break;
    items.push(toReply(machine, item, depth + 1));
  }
  return { kind: 'array', items };
}

/** The reply of a table with one of the fields that name a type, in Redis' order. */
function specialReply(machine: Machine, table: LuaTable, depth: number): Reply | undefined {
  const err = table.getText('err');
  if (typeof err === 'string') return { kind: 'error', text: oneLine(cString(err)) };
  const ok = table.getText('ok');
  if (typeof ok === 'string') return { kind: 'simple', text: oneLine(cString(ok)) };
  const double = table.getText('double');
  if (typeof double === 'number') return { kind: 'double', value: double };
  const map = table.getText('map');
  if (map instanceof LuaTable) return mapReply(machine, map, depth);
  const set = table.getText('set');
  if (set instanceof LuaTable) return setReply(machine, set, depth);
  const bigNumber = table.getText('big_number');
  if (typeof bigNumber === 'string') return { kind: 'big-number', digits: oneLine(bigNumber) };
  const verbatim = table.getText('verbatim_string');
  return verbatim instanceof LuaTable ? verbatimReply(verbatim) : undefined;
}

function mapReply(machine: Machine, map: LuaTable, depth: number): Reply {
  const entries: (readonly [Reply, Reply])[] = [];
  for (let at = map.nextPosition(0); at !== 0; at = map.nextPosition(at)) {
    entries.push([
      toReply(machine, map.keyAt(at), depth + 1),
      toReply(machine, map.valueAt(at), depth + 1),
    ]);
  }
  return { kind: 'map', entries };
}

function setReply(machine: Machine, set: LuaTable, depth: number): Reply {
  const items: Reply[] = [];
  for (let at = set.nextPosition(0); at !== 0; at = set.nextPosition(at)) {
    items.push(toReply(machine, set.keyAt(at), depth + 1));
  }
  return { kind: 'set', items };
}

function verbatimReply(verbatim: LuaTable): Reply | undefined {
  const format = verbatim.getText('format');
  const value = verbatim.getText('string');
  if (typeof format !== 'string' || typeof value !== 'string') return undefined;
  return { kind: 'verbatim', format: cString(format).slice(0, 3).padEnd(3), value };
}

/** A line of RESP holds no line end. */
export function oneLine(text: string): string {
  return text.replace(/[\r\n]/g, ' ');
}

/** The value that a command's reply becomes. */
export function fromReply(machine: Machine, reply: Reply): LuaValue {
  switch (reply.kind) {
    case 'bulk':
      machine.allocate(stringBytes);
      return reply.value;
    case 'integer':
      return Number(reply.value);
    case 'null':
    case 'null-array':
      return machine.protocol === 3 ? undefined : false;
    case 'simple':
      return tableWith(machine, 'ok', reply.text);
    case 'error':
      return errorTable(machine, reply.text);
    case 'array':
    case 'push':
    case 'several':
      return listTable(machine, reply.items);
    case 'set':
      return machine.protocol === 3
        ? setTable(machine, reply.items)
        : listTable(machine, reply.items);
    case 'map':
      return machine.protocol === 3
        ? mapTable(machine, reply.entries)
        : listTable(machine, reply.entries.flat());
    case 'boolean':
      return machine.protocol === 3 ? reply.value : reply.value ? 1 : 0;
    case 'double':
      return machine.protocol === 3
        ? tableWith(machine, 'double', reply.value)
        : formatGeneral(reply.value, 17, false);
    case 'big-number':
      return machine.protocol === 3 ? tableWith(machine, 'big_number', reply.digits) : reply.digits;
    case 'verbatim':
      return machine.protocol === 3 ? verbatimTable(machine, reply) : reply.value;
    case 'none':
      return false;
    default:
      return assertNever(reply);
  }
}

/** What `redis.call` raises and `redis.pcall` returns for an error of a command. */
export function errorTable(machine: Machine, text: string): LuaTable {
  const table = tableWith(machine, 'ignore_error_stats_update', true);
  table.set('err', text);
  return table;
}

function tableWith(machine: Machine, name: string, value: LuaValue): LuaTable {
  machine.allocate(tableBytes + hashPlaceBytes);
  const table = new LuaTable(0, 1);
  table.set(name, value);
  return table;
}

function listTable(machine: Machine, items: readonly Reply[]): LuaTable {
  machine.allocate(tableBytes + items.length * arrayPlaceBytes);
  machine.step(items.length);
  return LuaTable.of(items.map((item) => fromReply(machine, item)));
}

function mapTable(machine: Machine, entries: readonly (readonly [Reply, Reply])[]): LuaTable {
  const map = new LuaTable();
  for (const [key, value] of entries) {
    machine.allocate(hashPlaceBytes);
    const keyValue = fromReply(machine, key);
    if (keyValue !== undefined) map.set(keyValue, fromReply(machine, value));
  }
  return tableWith(machine, 'map', map);
}

function setTable(machine: Machine, items: readonly Reply[]): LuaTable {
  const set = new LuaTable();
  for (const item of items) {
    machine.allocate(hashPlaceBytes);
    const value = fromReply(machine, item);
    if (value !== undefined) set.set(value, true);
  }
  return tableWith(machine, 'set', set);
}

function verbatimTable(machine: Machine, reply: Extract<Reply, { kind: 'verbatim' }>): LuaTable {
  const verbatim = tableWith(machine, 'format', reply.format);
  verbatim.set('string', reply.value);
  return tableWith(machine, 'verbatim_string', verbatim);
}
