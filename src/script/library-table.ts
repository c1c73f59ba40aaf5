import {
  expectedError,
  functionArgument,
  intArgument,
  intOr,
  tableArgument,
  textOr,
} from './arguments.ts';
import { type Functions, sharedTable } from './library-table-builder.ts';
import type { Machine } from './machine.ts';
import { rawSet, readonlyMessage, toText } from './operations.ts';
import { sortTable } from './sort.ts';
import type { LuaTable } from './table.ts';
import { LuaFunction, type LuaValue, NOTHING, typeName } from './value.ts';

/** The functions on tables (Lua 5.1 manual 5.5), which never look at metatables. */
const tableFunctions: Functions = {
  concat,
  foreach: (machine, args) => {
    const table = tableArgument(machine, args, 0);
    const visit = functionArgument(machine, args, 1);
    let position = table.nextPosition(0);
    while (position !== 0) {
      const key = table.keyAt(position);
      const [result] = machine.callBack(visit, [key, table.valueAt(position)]);
      if (result !== undefined) return [result];
      position = table.nextPosition(machine.positionIn(table, key));
    }
    return NOTHING;
  },
  foreachi: (machine, args) => {
    const table = tableArgument(machine, args, 0);
    const visit = functionArgument(machine, args, 1);
    const count = table.border();
    for (let at = 1; at <= count; at += 1) {
      const [result] = machine.callBack(visit, [at, table.get(at)]);
      if (result !== undefined) return [result];
    }
    return NOTHING;
  },
  getn: (machine, args) => [tableArgument(machine, args, 0).border()],
  insert,
  maxn: (machine, args) => {
    const table = tableArgument(machine, args, 0);
    machine.step(table.placeCount);
    let largest = 0;
    for (let at = table.nextPosition(0); at !== 0; at = table.nextPosition(at)) {
      const key = table.keyAt(at);
      if (typeof key === 'number' && key > largest) largest = key;
    }
    return [largest];
  },
  remove: (machine, args) => {
    const table = tableArgument(machine, args, 0);
    const count = table.border();
    const at = intOr(machine, args, 1, count);
    if (at < 1 || at > count) return NOTHING;
    const removed = table.get(at);
    for (let to = at; to < count; to += 1) store(machine, table, to, table.get(to + 1));
    store(machine, table, count, undefined);
    return [removed];
  },
  setn: (machine, args) => {
    tableArgument(machine, args, 0);
    throw machine.errorHere("'setn' is obsolete");
  },
  sort: (machine, args) => {
    const table = tableArgument(machine, args, 0);
    const comparator = args[1];
    if (comparator !== undefined && !(comparator instanceof LuaFunction)) {
      throw expectedError(machine, args, 1, 'function');
    }
    sortTable(machine, table, comparator);
    return NOTHING;
  },
};

export const TABLE_LIBRARY = sharedTable(tableFunctions);

/** Sets an integer key for one of our functions, whose errors have no position. */
export function store(machine: Machine, table: LuaTable, at: number, value: LuaValue): void {
  if (table.readonly) throw machine.asNative(() => machine.errorHere(readonlyMessage));
  rawSet(machine, table, at, value);
}

function insert(machine: Machine, args: LuaValue[]): LuaValue[] {
  const table = tableArgument(machine, args, 0);
  let end = table.border() + 1;
  if (args.length === 2) {
    store(machine, table, end, args[1]);
    return NOTHING;
  }
  if (args.length !== 3) throw machine.errorHere("wrong number of arguments to 'insert'");
  const at = intArgument(machine, args, 1);
  if (at > end) end = at;
  for (let to = end; to > at; to -= 1) store(machine, table, to, table.get(to - 1));
  store(machine, table, at, args[2]);
  return NOTHING;
}

/** Steps of one item of `concat`. */
const concatenatedSteps = 4;

function concat(machine: Machine, args: LuaValue[]): LuaValue[] {
  const separator = textOr(machine, args, 1, '');
  const table = tableArgument(machine, args, 0);
  const first = intOr(machine, args, 2, 1);
  const last = args[3] === undefined ? table.border() : intArgument(machine, args, 3);
  const parts: string[] = [];
  for (let at = first; at <= last; at += 1) {
    machine.step(concatenatedSteps);
    const value = table.get(at);
    const text = toText(machine, value);
    if (text === undefined) {
      const type = typeName(value);
      throw machine.errorHere(`invalid value (${type}) at index ${at} in table for 'concat'`);
    }
    machine.allocate(text.length + separator.length);
    parts.push(text);
  }
  return [parts.join(separator)];
}
