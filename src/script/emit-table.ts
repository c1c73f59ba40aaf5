import type { Evaluate, EvaluateAll } from './code.ts';
import { type Emitter, isMultiple, siteAt } from './emitter.ts';
import type { Frame } from './frame.ts';
import { fieldBytes, tableBytes } from './machine.ts';
import { rawSet } from './operations.ts';
import type { Expression, TableField } from './syntax.ts';
import { LuaTable } from './table.ts';

type SetField = (frame: Frame, table: LuaTable) => void;

/** Compiles a table constructor. Fields are set in the order written (manual 2.5.7). */
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
  const bytes = tableBytes + closed.length * fieldBytes;
  return (frame) => {
    const { machine } = frame;
    machine.allocate(bytes);
    machine.step(1 + setters.length);
    const table = new LuaTable(arraySize, roundedSize(keyedCount));
    for (const set of setters) set(frame, table);
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
      const at = position;
      return (frame, table) => {
        table.set(at, evaluate(frame));
      };
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

function appendAll(frame: Frame, table: LuaTable, rest: EvaluateAll, after: number): void {
  const values = rest(frame);
  frame.machine.step(values.length);
  frame.machine.allocate(values.length * fieldBytes);
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
