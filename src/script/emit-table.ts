import type { Evaluate, EvaluateAll } from './code.ts';
import { type Emitter, isMultiple, siteAt } from './emitter.ts';
import type { Frame } from './frame.ts';
import { rawSet } from './operations.ts';
import type { Expression, TableField } from './syntax.ts';
import { arrayPlaceBytes, hashPlaceBytes, LuaTable, tableBytes } from './table.ts';
import type { LuaValue } from './value.ts';

type SetField = (frame: Frame, table: LuaTable, pending: LuaValue[]) => void;

/** How many positional fields Lua 5.1 gathers before it stores them (LFIELDS_PER_FLUSH). */
const pendingCountMax = 50;

/**
 * Compiles a table constructor. Values are evaluated in the order written, but positional ones
 * are stored in groups, so that `{1, [1] = 2}` holds 1, as in Lua 5.1.
 */
export function emitTable(
  emitter: Emitter,
  expression: Extract<Expression, { kind: 'table' }>,
): Evaluate {
  const { fields, line } = expression;
  const last = fields.at(-1);
  const isOpen = last !== undefined && last.key === undefined && isMultiple(last.value);
  const closed = isOpen ? fields.slice(0, -1) : fields;
  const rest = isOpen ? emitter.all(emitter, last.value) : undefined;
  const keyedCount = fields.filter(({ key }) => key !== undefined).length;
  const listCount = closed.length - keyedCount;
  const setters = emitFields(emitter, closed, line);
  const arraySize = roundedSize(listCount);
  const bytes = tableBytes + listCount * arrayPlaceBytes + keyedCount * hashPlaceBytes;
  return (frame) => {
    const { machine } = frame;
    machine.allocate(bytes);
    machine.step(1 + setters.length);
    const table = new LuaTable(arraySize, roundedSize(keyedCount));
    const pending: LuaValue[] = [];
    for (const set of setters) set(frame, table, pending);
    for (let at = 0; at < pending.length; at += 1) {
      table.set(listCount - pending.length + at + 1, pending[at]);
    }
    if (rest !== undefined) appendAll(frame, table, rest, listCount);
    return table;
  };
}

function emitFields(emitter: Emitter, fields: readonly TableField[], line: number): SetField[] {
  let position = 0;
  return fields.map(({ key, value }) => {
    const evaluate = emitter.one(emitter, value);
    if (key === undefined) {
      position += 1;
      return emitPositional(evaluate, position);
    }
    const evaluateKey = emitter.one(emitter, key);
    const site = siteAt(emitter, line);
    return (frame, table) => {
      const keyValue = evaluateKey(frame);
      const fieldValue = evaluate(frame);
      frame.site = site;
      rawSet(frame.machine, table, keyValue, fieldValue);
    };
  });
}

function emitPositional(evaluate: Evaluate, position: number): SetField {
  const isGroupStart = position > 1 && (position - 1) % pendingCountMax === 0;
  if (!isGroupStart) return (frame, _, pending) => pending.push(evaluate(frame));
  return (frame, table, pending) => {
    const first = position - pending.length;
    for (let at = 0; at < pending.length; at += 1) table.set(first + at, pending[at]);
    pending.length = 0;
    pending.push(evaluate(frame));
  };
}

function appendAll(frame: Frame, table: LuaTable, rest: EvaluateAll, after: number): void {
  const values = rest(frame);
  frame.machine.step(values.length);
  frame.machine.allocate(values.length * arrayPlaceBytes);
  table.growArray(after + values.length);
  let position = after;
  for (const value of values) {
    position += 1;
    table.set(position, value);
  }
}

/**
 * The size that Lua 5.1 gives a part of a table of `count` fields in a constructor: a number with
 * a mantissa of three bits (lobject.c, `luaO_int2fb`).
 */
function roundedSize(count: number): number {
  let mantissa = count;
  let exponent = 0;
  while (mantissa >= 16) {
    mantissa = (mantissa + 1) >> 1;
    exponent += 1;
  }
  return mantissa * 2 ** exponent;
}
