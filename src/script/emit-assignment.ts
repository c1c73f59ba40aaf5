import { assertNever } from '../base/assert.ts';
import type { Evaluate, Execute } from './code.ts';
import { cellAt } from './emit-expression.ts';
import { type Emitter, nameOf, siteAt } from './emitter.ts';
import type { Frame } from './frame.ts';
import { readonlyMessage, setIndex } from './operations.ts';
import type { Assignable, Expression, LocalVariable, Statement } from './syntax.ts';
import { Cell, type LuaValue } from './value.ts';

type Store = (frame: Frame, value: LuaValue) => void;

/** Compiles `local a, b = ...`: new variables each time it runs. */
export function emitDeclaration(
  emitter: Emitter,
  { variables, values }: Extract<Statement, { kind: 'local-declaration' }>,
): Execute {
  const stores = variables.map(emitNewLocal);
  const [store, ...others] = stores;
  const [value, ...otherValues] = values;
  if (store !== undefined && others.length === 0 && otherValues.length === 0) {
    const one: Evaluate = value === undefined ? () => undefined : emitter.one(emitter, value);
    return (frame) => {
      frame.statementBytes = frame.machine.allocatedBytes;
      store(frame, one(frame));
      return undefined;
    };
  }
  const list = emitter.list(emitter, values);
  return (frame) => {
    frame.statementBytes = frame.machine.allocatedBytes;
    const results = list(frame);
    for (let at = 0; at < stores.length; at += 1) stores[at]?.(frame, results[at]);
    return undefined;
  };
}

/** A variable that comes into scope: a captured one gets a cell of its own. */
export function emitNewLocal({ slot, captured }: LocalVariable): Store {
  if (!captured) {
    return (frame, value) => {
      frame.locals[slot] = value;
    };
  }
  return (frame, value) => {
    frame.cells[slot] = new Cell(value);
  };
}

export function emitAssignment(
  emitter: Emitter,
  statement: Extract<Statement, { kind: 'assignment' }>,
): Execute {
  const { targets, values, line } = statement;
  const [target, ...otherTargets] = targets;
  const [value, ...otherValues] = values;
  if (target !== undefined && value !== undefined) {
    if (otherTargets.length === 0 && otherValues.length === 0) {
      return emitSingle(emitter, target, value, line);
    }
  }
  return emitMultiple(emitter, statement);
}

function emitSingle(
  emitter: Emitter,
  target: Assignable,
  value: Expression,
  line: number,
): Execute {
  const one = emitter.one(emitter, value);
  if (target.kind !== 'index') {
    const store = emitStore(emitter, target, line);
    return (frame) => {
      frame.statementBytes = frame.machine.allocatedBytes;
      store(frame, one(frame));
      return undefined;
    };
  }
  const object = emitter.one(emitter, target.object);
  const key = emitter.one(emitter, target.key);
  const name = nameOf(target.object);
  const site = siteAt(emitter, line);
  return (frame) => {
    frame.statementBytes = frame.machine.allocatedBytes;
    const objectValue = object(frame);
    const keyValue = key(frame);
    const newValue = one(frame);
    frame.site = site;
    setIndex(frame.machine, objectValue, keyValue, newValue, name);
    return undefined;
  };
}

/** A variable that is in scope, or a global, which no script may set. */
function emitStore(
  emitter: Emitter,
  target: Exclude<Assignable, { kind: 'index' }>,
  line: number,
): Store {
  switch (target.kind) {
    case 'local': {
      const { slot, captured } = target.variable;
      if (!captured) {
        return (frame, value) => {
          frame.locals[slot] = value;
        };
      }
      return (frame, value) => {
        cellAt(frame.cells, slot).value = value;
      };
    }
    case 'upvalue': {
      const at = target.index;
      return (frame, value) => {
        cellAt(frame.upvalues, at).value = value;
      };
    }
    case 'global': {
      const site = siteAt(emitter, line);
      return (frame) => {
        frame.site = site;
        throw frame.machine.errorHere(readonlyMessage);
      };
    }
    default:
      return assertNever(target);
  }
}

/**
 * `a, t[i] = x, y`: tables and keys are evaluated first, then the values, then everything is
 * assigned from the last target to the first, as Lua 5.1 does it.
 */
function emitMultiple(
  emitter: Emitter,
  { targets, values, line }: Extract<Statement, { kind: 'assignment' }>,
): Execute {
  const places = targets.map((target) => emitPlace(emitter, target, line));
  const list = emitter.list(emitter, values);
  return (frame) => {
    frame.statementBytes = frame.machine.allocatedBytes;
    const stores: Store[] = [];
    for (const place of places) stores.push(place(frame));
    const results = list(frame);
    for (let at = stores.length - 1; at >= 0; at -= 1) stores[at]?.(frame, results[at]);
    return undefined;
  };
}

function emitPlace(emitter: Emitter, target: Assignable, line: number): (frame: Frame) => Store {
  if (target.kind !== 'index') {
    const store = emitStore(emitter, target, line);
    return () => store;
  }
  const object = emitter.one(emitter, target.object);
  const key = emitter.one(emitter, target.key);
  const name = nameOf(target.object);
  const site = siteAt(emitter, line);
  return (frame) => {
    const objectValue = object(frame);
    const keyValue = key(frame);
    return (storing, value) => {
      storing.site = site;
      setIndex(storing.machine, objectValue, keyValue, value, name);
    };
  };
}
