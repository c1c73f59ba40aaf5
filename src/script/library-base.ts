import {
  anyArgument,
  argumentError,
  functionArgument,
  intArgument,
  intOr,
  tableArgument,
  textArgument,
  textOr,
} from './arguments.ts';
import { cString } from './c-string.ts';
import { LuaError } from './errors.ts';
import type { Functions } from './library-table-builder.ts';
import { IPAIRS, NEXT, PAIRS } from './library-traversal.ts';
import type { Machine } from './machine.ts';
import { unsignedOf } from './number-parse.ts';
import {
  callableOf,
  metamethod,
  metatableOf,
  rawSet,
  readonlyMessage,
  toNumber,
  toText,
} from './operations.ts';
import { LuaTable } from './table.ts';
import { isTrue, type LuaValue, NOTHING, typeName } from './value.ts';

/** The basic functions (Lua 5.1 manual 5.1) that Redis leaves to scripts. */
export const baseFunctions: Functions = {
  assert: (machine, args) => {
    if (isTrue(anyArgument(machine, args, 0))) return args;
    throw machine.errorHere(cString(textOr(machine, args, 1, 'assertion failed!')));
  },
  collectgarbage,
  error: (machine, [value, level]) => {
    const levels = level === undefined ? 1 : intArgument(machine, [value, level], 1);
    const text = toText(machine, value);
    if (text === undefined || levels <= 0) throw new LuaError(value);
    throw new LuaError(machine.text(machine.where(levels) + text));
  },
  gcinfo: (machine) => [Math.floor(heldKilobytes(machine))],
  getmetatable: (machine, args) => {
    const metatable = metatableOf(machine, anyArgument(machine, args, 0));
    return [metatable?.getText('__metatable') ?? metatable];
  },
  ipairs: IPAIRS.native ?? (() => NOTHING),
  next: NEXT,
  pairs: PAIRS,
  pcall,
  rawequal: (machine, args) => {
    const left = anyArgument(machine, args, 0);
    if (typeof left === 'string') machine.stepBytes(left.length);
    return [left === anyArgument(machine, args, 1)];
  },
  rawget: (machine, args) => {
    const table = tableArgument(machine, args, 0);
    const key = anyArgument(machine, args, 1);
    if (typeof key === 'string') machine.stepBytes(key.length);
    return [table.get(key)];
  },
  rawset: (machine, args) => {
    const table = tableArgument(machine, args, 0);
    const key = anyArgument(machine, args, 1);
    const value = anyArgument(machine, args, 2);
    machine.asNative(() => {
      if (table.readonly) throw machine.errorHere(readonlyMessage);
      rawSet(machine, table, key, value);
    });
    return [table];
  },
  select: (machine, args) => {
    const count = args.length;
    const first = args[0];
    if (typeof first === 'string' && first.startsWith('#')) return [count - 1];
    const wanted = intArgument(machine, args, 0);
    const at = wanted < 0 ? count + wanted : Math.min(wanted, count);
    if (at < 1) throw argumentError(machine, 0, 'index out of range');
    machine.step(count >>> 1);
    return args.slice(at);
  },
  setmetatable,
  tonumber,
  tostring: (machine, args) => [toDisplay(machine, anyArgument(machine, args, 0))],
  type: (machine, args) => [typeName(anyArgument(machine, args, 0))],
  unpack,
  xpcall,
};

function collectgarbage(machine: Machine, args: LuaValue[]): LuaValue[] {
  const option = textOr(machine, args, 0, 'collect');
  switch (option) {
    case 'count':
      return [heldKilobytes(machine)];
    case 'step':
      return [false];
    case 'collect':
    case 'stop':
    case 'restart':
      return [0];
    case 'setpause':
    case 'setstepmul':
      intOr(machine, args, 1, 0);
      return [200];
    default:
      throw argumentError(machine, 0, `invalid option '${cString(option)}'`);
  }
}

/** An empty Lua state of Redis holds some 40 KiB. */
function heldKilobytes(machine: Machine): number {
  return 40 + machine.allocatedBytes / 1024;
}

function setmetatable(machine: Machine, args: LuaValue[]): LuaValue[] {
  const table = tableArgument(machine, args, 0);
  const metatable = args[1];
  if (!(metatable instanceof LuaTable) && (metatable !== undefined || args.length < 2)) {
    throw argumentError(machine, 1, 'nil or table expected');
  }
  if (table.metatable?.getText('__metatable') !== undefined) {
    throw machine.errorHere('cannot change a protected metatable');
  }
  if (table.readonly) throw machine.asNative(() => machine.errorHere(readonlyMessage));
  table.metatable = metatable;
  return [table];
}

function tonumber(machine: Machine, args: LuaValue[]): LuaValue[] {
  const base = intOr(machine, args, 1, 10);
  if (base === 10) {
    const value = anyArgument(machine, args, 0);
    return [toNumber(machine, value)];
  }
  const text = textArgument(machine, args, 0);
  if (base < 2 || base > 36) throw argumentError(machine, 1, 'base out of range');
  machine.step(unsignedSteps + text.length * unsignedDigitSteps);
  return [unsignedOf(text, base)];
}

/** What `tostring` makes of a value; `__tostring` may make anything of it. */
function toDisplay(machine: Machine, value: LuaValue): LuaValue {
  const handler = metamethod(machine, value, '__tostring');
  if (handler !== undefined) {
    const args = [value];
    return machine.callBack(callableOf(machine, handler, args, undefined), args)[0];
  }
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return toText(machine, value);
    case 'undefined':
      return 'nil';
    case 'boolean':
      return value ? 'true' : 'false';
    default: {
      const type = typeName(value);
      return type === 'userdata' ? 'userdata: (nil)' : `${type}: ${machine.addressOf(value)}`;
    }
  }
}

/** Steps of `tonumber` with a base, and of each digit: a BigInt grows digit by digit. */
const unsignedSteps = 20;
const unsignedDigitSteps = 3;

/** How many values fit on the stack of Lua 5.1 (luaconf.h, LUAI_MAXCSTACK, less what is used). */
const unpackedCountMax = 7_997;

function unpack(machine: Machine, args: LuaValue[]): LuaValue[] {
  const table = tableArgument(machine, args, 0);
  const first = intOr(machine, args, 1, 1);
  const last = args[2] === undefined ? table.border() : intArgument(machine, args, 2);
  if (first > last) return NOTHING;
  if (last - first + 1 > unpackedCountMax) throw machine.errorHere('too many results to unpack');
  machine.step(last - first);
  const values: LuaValue[] = [];
  for (let at = first; at <= last; at += 1) values.push(table.get(at));
  return values;
}

/**
 * Redis' own `pcall` turns a caught table with a field `err` into the text of that field, so that
 * scripts written before Redis 7 find a string (script_lua.c, luaRedisPcall).
 */
function pcall(machine: Machine, args: LuaValue[]): LuaValue[] {
  const mark = machine.mark();
  try {
    const results = machine.asNative(() => {
      const [callee, ...rest] = args;
      return machine.invoke(callableOf(machine, callee, rest, undefined), rest);
    });
    return [true, ...results];
  } catch (thrown) {
    if (!(thrown instanceof LuaError)) throw thrown;
    machine.restore(mark);
    const { value } = thrown;
    if (!(value instanceof LuaTable)) return [false, value];
    const field = value.getText('err');
    // What the field holds stays behind as a third result if it is no text.
    return toText(machine, field) === undefined ? [false, value, field] : [false, field];
  }
}

function xpcall(machine: Machine, args: LuaValue[]): LuaValue[] {
  const handler = anyArgument(machine, args, 1);
  const mark = machine.mark();
  try {
    const results = machine.asNative(() => {
      const rest: LuaValue[] = [];
      return machine.invoke(callableOf(machine, args[0], rest, undefined), rest);
    });
    return [true, ...results];
  } catch (thrown) {
    if (!(thrown instanceof LuaError)) throw thrown;
    machine.restore(mark);
    return [false, handled(machine, handler, thrown.value)];
  }
}

function handled(machine: Machine, handler: LuaValue, value: LuaValue): LuaValue {
  const mark = machine.mark();
  try {
    return machine.callBack(functionArgument(machine, [handler], 0), [value])[0];
  } catch (thrown) {
    if (!(thrown instanceof LuaError)) throw thrown;
    machine.restore(mark);
    return 'error in error handling';
  }
}
