import { BREAK, type Evaluate, type Execute } from './code.ts';
import { emitNewLocal } from './emit-assignment.ts';
import { type Emitter, siteAt } from './emitter.ts';
import type { Frame } from './frame.ts';
import { IPAIRS_STEP, NEXT } from './library-traversal.ts';
import { callableOf, toNumber } from './operations.ts';
import type { Site } from './site.ts';
import type { Statement } from './syntax.ts';
import { LuaTable } from './table.ts';
import { LuaFunction, type LuaValue } from './value.ts';

/** Compiles `for v = start, limit, step` (manual 2.4.5). */
export function emitNumericFor(
  emitter: Emitter,
  statement: Extract<Statement, { kind: 'numeric-for' }>,
): Execute {
  const start = emitter.one(emitter, statement.start);
  const limit = emitter.one(emitter, statement.limit);
  const step: Evaluate =
    statement.step === undefined ? () => 1 : emitter.one(emitter, statement.step);
  const store = emitNewLocal(statement.variable);
  const body = emitter.block(emitter, statement.body);
  const site = siteAt(emitter, statement.line);
  return (frame) => {
    const startValue = start(frame);
    const limitValue = limit(frame);
    const stepValue = step(frame);
    frame.site = site;
    const first = loopNumber(frame, startValue, 'initial value');
    const last = loopNumber(frame, limitValue, 'limit');
    const by = loopNumber(frame, stepValue, 'step');
    const { machine } = frame;
    // Lua takes the step off before the first turn, which rounds; so do we.
    for (let at = first - by + by; by > 0 ? at <= last : last <= at; at += by) {
      machine.step();
      store(frame, at);
      const result = body(frame);
      if (result !== undefined) return result === BREAK ? undefined : result;
    }
    return undefined;
  };
}

function loopNumber({ machine }: Frame, value: LuaValue, what: string): number {
  const number = toNumber(machine, value);
  if (number === undefined) throw machine.errorHere(`'for' ${what} must be a number`);
  return number;
}

interface GenericLoop {
  readonly stateSlot: number;
  readonly store: (frame: Frame, values: readonly LuaValue[]) => void;
  readonly body: Execute;
  readonly site: Site;
}

/** Compiles `for a, b in iterator, state, control`. */
export function emitGenericFor(
  emitter: Emitter,
  statement: Extract<Statement, { kind: 'generic-for' }>,
): Execute {
  const list = emitter.list(emitter, statement.values);
  const stores = statement.variables.map(emitNewLocal);
  const { stateSlot } = statement;
  const loop: GenericLoop = {
    stateSlot,
    store: (frame, values) => {
      for (let at = 0; at < stores.length; at += 1) stores[at]?.(frame, values[at]);
    },
    body: emitter.block(emitter, statement.body),
    site: siteAt(emitter, statement.line, { kind: 'local', name: '(for generator)' }),
  };
  return (frame) => {
    const [iterator, state, control] = list(frame);
    frame.locals[stateSlot] = iterator;
    frame.locals[stateSlot + 1] = state;
    if (state instanceof LuaTable && control === undefined && iterator === NEXT) {
      return traverse(frame, loop, state);
    }
    if (state instanceof LuaTable && control === 0 && iterator === IPAIRS_STEP) {
      return traverseArray(frame, loop, state);
    }
    return iterate(frame, loop, control);
  };
}

/** Steps of calling an iterator for the next values. */
const iteratorSteps = 4;

function iterate(frame: Frame, loop: GenericLoop, firstControl: LuaValue): LuaValue[] | undefined {
  const { machine, locals } = frame;
  const { stateSlot } = loop;
  let control = firstControl;
  for (;;) {
    machine.step(iteratorSteps);
    frame.site = loop.site;
    const args = [locals[stateSlot + 1], control];
    const iterator = locals[stateSlot];
    const callee =
      iterator instanceof LuaFunction ? iterator : callableOf(machine, iterator, args, undefined);
    const results = machine.invoke(callee, args);
    control = results[0];
    if (control === undefined) return undefined;
    locals[stateSlot + 2] = control;
    loop.store(frame, results);
    const result = loop.body(frame);
    if (result !== undefined) return result === BREAK ? undefined : result;
  }
}

/** `pairs`, without a call and a search for the key in every turn. */
function traverse(frame: Frame, loop: GenericLoop, table: LuaTable): LuaValue[] | undefined {
  const { machine } = frame;
  let previous = 0;
  let key: LuaValue;
  for (;;) {
    // A new key set by the body may have moved the others: then the key is searched again.
    if (previous !== 0 && table.keyAt(previous) !== key) previous = machine.positionIn(table, key);
    const position = table.nextPosition(previous);
    machine.step(1 + Math.max(0, position - previous));
    if (position === 0) {
      machine.step(table.placeCount - previous);
      return undefined;
    }
    key = table.keyAt(position);
    loop.store(frame, [key, table.valueAt(position)]);
    previous = position;
    const result = loop.body(frame);
    if (result !== undefined) return result === BREAK ? undefined : result;
  }
}

/** `ipairs`, which reads the table without metamethods. */
function traverseArray(frame: Frame, loop: GenericLoop, table: LuaTable): LuaValue[] | undefined {
  const { machine } = frame;
  for (let position = 1; ; position += 1) {
    machine.step();
    const value = table.get(position);
    if (value === undefined) return undefined;
    loop.store(frame, [position, value]);
    const result = loop.body(frame);
    if (result !== undefined) return result === BREAK ? undefined : result;
  }
}
