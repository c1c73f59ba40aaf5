import { assertNever } from '../base/assert.ts';
import type { Evaluate, EvaluateAll } from './code.ts';
import { emitCall } from './emit-call.ts';
import { emitBinary, emitConcat, emitUnary } from './emit-operator.ts';
import { emitTable } from './emit-table.ts';
import { type Emitter, isMultiple, nameOf, siteAt } from './emitter.ts';
import type { Frame } from './frame.ts';
import { functionBytes } from './machine.ts';
import { index } from './operations.ts';
import type { Capture, Expression, FunctionBody } from './syntax.ts';
import { LuaTable } from './table.ts';
import { type Cell, isTrue, LuaFunction, type LuaValue } from './value.ts';

/** Compiles an expression to a closure that gives its (first) value. */
export function emitOne(emitter: Emitter, expression: Expression): Evaluate {
  switch (expression.kind) {
    case 'constant':
      return constant(expression.value);
    case 'vararg':
      return (frame) => frame.varargs[0];
    case 'local':
      return emitLocal(expression);
    case 'upvalue': {
      const at = expression.index;
      return (frame) => cellAt(frame.upvalues, at).value;
    }
    case 'global':
      return emitGlobal(emitter, expression);
    case 'index':
      return emitIndex(emitter, expression);
    case 'call':
    case 'method': {
      const call = emitCall(emitter, expression);
      return (frame) => call(frame)[0];
    }
    case 'function':
      return emitFunction(emitter, expression.body);
    case 'binary':
      return emitBinary(emitter, expression);
    case 'and':
    case 'or':
      return emitLogical(emitter, expression);
    case 'concat':
      return emitConcat(emitter, expression);
    case 'unary':
      return emitUnary(emitter, expression);
    case 'single':
      return emitOne(emitter, expression.inner);
    case 'table':
      return emitTable(emitter, expression);
    default:
      return assertNever(expression);
  }
}

/** Compiles an expression to a closure that gives all its values. Receivers do not change them. */
export function emitAll(emitter: Emitter, expression: Expression): EvaluateAll {
  if (expression.kind === 'vararg') return (frame) => frame.varargs;
  if (expression.kind === 'call' || expression.kind === 'method') {
    return emitCall(emitter, expression);
  }
  const one = emitOne(emitter, expression);
  return (frame) => [one(frame)];
}

/** Compiles a list, whose last expression may give many values, to a closure for a new array. */
export function emitList(emitter: Emitter, expressions: readonly Expression[]): EvaluateAll {
  const last = expressions.at(-1);
  if (last === undefined) return () => [];
  if (isMultiple(last)) return emitOpenList(emitter, expressions.slice(0, -1), last);
  const [first, second, third, ...others] = expressions.map((part) => emitOne(emitter, part));
  if (first === undefined) return () => [];
  if (second === undefined) return (frame) => [first(frame)];
  if (third === undefined) return (frame) => [first(frame), second(frame)];
  if (others.length === 0) return (frame) => [first(frame), second(frame), third(frame)];
  return (frame) => {
    const values = [first(frame), second(frame), third(frame)];
    for (const other of others) values.push(other(frame));
    return values;
  };
}

function emitOpenList(
  emitter: Emitter,
  expressions: readonly Expression[],
  last: Expression,
): EvaluateAll {
  const parts = expressions.map((part) => emitOne(emitter, part));
  const rest = emitAll(emitter, last);
  if (parts.length === 0) return (frame) => rest(frame).slice();
  return (frame) => {
    const values: LuaValue[] = [];
    for (const part of parts) values.push(part(frame));
    for (const value of rest(frame)) values.push(value);
    return values;
  };
}

/** `as Cell`: the parser numbered the captured variables of the function that runs. */
export function cellAt(cells: readonly Cell[], at: number): Cell {
  return cells[at] as Cell;
}

function constant(value: LuaValue): Evaluate {
  return () => value;
}

function emitLocal({ variable }: Extract<Expression, { kind: 'local' }>): Evaluate {
  const { slot, captured } = variable;
  if (captured) return (frame) => cellAt(frame.cells, slot).value;
  return (frame) => frame.locals[slot];
}

function emitGlobal(
  emitter: Emitter,
  { name, line }: Extract<Expression, { kind: 'global' }>,
): Evaluate {
  if (name === 'KEYS') return (frame) => frame.machine.keys;
  if (name === 'ARGV') return (frame) => frame.machine.argv;
  const value = emitter.globals.find(name);
  if (value !== undefined) return constant(value);
  const site = siteAt(emitter, line);
  return ({ machine }) => {
    if (name === '_G') return machine.globalTable;
    if (name === 'redis') return machine.environment.makeRedisTable(machine);
    if (machine.frame !== undefined) machine.frame.site = site;
    throw machine.errorHere(`Script attempted to access nonexistent global variable '${name}'`);
  };
}

function emitIndex(emitter: Emitter, expression: Extract<Expression, { kind: 'index' }>): Evaluate {
  const { object, key, line } = expression;
  const text = key.kind === 'constant' && typeof key.value === 'string' ? key.value : undefined;
  if (object.kind === 'global' && text !== undefined) {
    const known = emitter.globals.findField(object.name, text);
    if (known !== undefined) return constant(known);
  }
  const evaluateObject = emitOne(emitter, object);
  const site = siteAt(emitter, line);
  const name = nameOf(object);
  if (text !== undefined) {
    return (frame) => {
      const table = evaluateObject(frame);
      if (table instanceof LuaTable) {
        const value = table.getText(text);
        if (value !== undefined || table.metatable === undefined) return value;
      }
      frame.site = site;
      return index(frame.machine, table, text, name);
    };
  }
  const evaluateKey = emitOne(emitter, key);
  return (frame) => {
    const table = evaluateObject(frame);
    const keyValue = evaluateKey(frame);
    if (typeof keyValue === 'number' && table instanceof LuaTable) {
      const value = table.get(keyValue);
      if (value !== undefined || table.metatable === undefined) return value;
    }
    frame.site = site;
    return index(frame.machine, table, keyValue, name);
  };
}

function emitLogical(
  emitter: Emitter,
  { kind, left, right }: Extract<Expression, { kind: 'and' | 'or' }>,
): Evaluate {
  const first = emitOne(emitter, left);
  const second = emitOne(emitter, right);
  if (kind === 'and') {
    return (frame) => {
      const value = first(frame);
      return isTrue(value) ? second(frame) : value;
    };
  }
  return (frame) => {
    const value = first(frame);
    return isTrue(value) ? value : second(frame);
  };
}

function emitFunction(emitter: Emitter, body: FunctionBody): Evaluate {
  const code = emitter.body(emitter, body);
  const { captures } = body;
  return (frame) => {
    frame.machine.allocate(functionBytes);
    if (captures.length === 0) return new LuaFunction(undefined, code);
    return new LuaFunction(undefined, code, captureCells(frame, captures));
  };
}

function captureCells(frame: Frame, captures: readonly Capture[]): readonly Cell[] {
  return captures.map(({ from, index: at }) =>
    from === 'local' ? cellAt(frame.cells, at) : cellAt(frame.upvalues, at),
  );
}
