import { assertNever } from '../base/assert.ts';
import { BREAK, type Evaluate, type Execute } from './code.ts';
import { emitAssignment, emitDeclaration } from './emit-assignment.ts';
import { emitCall, emitTailCall } from './emit-call.ts';
import { emitGenericFor, emitNumericFor } from './emit-for.ts';
import { type Emitter, isMultiple } from './emitter.ts';
import { blockSteps, conditionSteps } from './static-steps.ts';
import type { Statement } from './syntax.ts';
import { Cell, isTrue, NOTHING } from './value.ts';

/** Compiles statements that run one after the other, and are counted before they do. */
export function emitBlock(emitter: Emitter, statements: readonly Statement[]): Execute {
  const [first, second, ...others] = statements.map((statement) =>
    emitStatement(emitter, statement),
  );
  if (first === undefined) return () => undefined;
  const steps = blockSteps(statements);
  if (second === undefined) {
    return (frame) => {
      frame.machine.step(steps);
      return first(frame);
    };
  }
  return (frame) => {
    frame.machine.step(steps);
    let result = first(frame) ?? second(frame);
    if (result !== undefined) return result;
    for (const other of others) {
      result = other(frame);
      if (result !== undefined) return result;
    }
    return undefined;
  };
}

function emitStatement(emitter: Emitter, statement: Statement): Execute {
  switch (statement.kind) {
    case 'local-declaration':
      return emitDeclaration(emitter, statement);
    case 'local-function':
      return emitLocalFunction(emitter, statement);
    case 'assignment':
      return emitAssignment(emitter, statement);
    case 'call-statement': {
      const call = emitCall(emitter, statement.call);
      return (frame) => {
        frame.statementBytes = frame.machine.allocatedBytes;
        call(frame);
        return undefined;
      };
    }
    case 'do':
      return emitBlock(emitter, statement.body);
    case 'while':
      return emitWhile(emitter, statement);
    case 'repeat':
      return emitRepeat(emitter, statement);
    case 'if':
      return emitIf(emitter, statement);
    case 'numeric-for':
      return emitNumericFor(emitter, statement);
    case 'generic-for':
      return emitGenericFor(emitter, statement);
    case 'return':
      return emitReturn(emitter, statement);
    case 'break':
      return () => BREAK;
    default:
      return assertNever(statement);
  }
}

function emitLocalFunction(
  emitter: Emitter,
  { variable, value }: Extract<Statement, { kind: 'local-function' }>,
): Execute {
  const make = emitter.one(emitter, value);
  const { slot, captured } = variable;
  if (!captured) {
    return (frame) => {
      frame.locals[slot] = make(frame);
      return undefined;
    };
  }
  return (frame) => {
    const cell = new Cell(undefined);
    frame.cells[slot] = cell;
    cell.value = make(frame);
    return undefined;
  };
}

function emitWhile(emitter: Emitter, statement: Extract<Statement, { kind: 'while' }>): Execute {
  const condition = emitter.one(emitter, statement.condition);
  const steps = 1 + conditionSteps(statement.condition);
  const body = emitBlock(emitter, statement.body);
  return (frame) => {
    const { machine } = frame;
    while (isTrue(condition(frame))) {
      machine.step(steps);
      const result = body(frame);
      if (result !== undefined) return result === BREAK ? undefined : result;
    }
    return undefined;
  };
}

function emitRepeat(emitter: Emitter, statement: Extract<Statement, { kind: 'repeat' }>): Execute {
  const condition = emitter.one(emitter, statement.condition);
  const steps = 1 + conditionSteps(statement.condition);
  const body = emitBlock(emitter, statement.body);
  return (frame) => {
    const { machine } = frame;
    do {
      machine.step(steps);
      const result = body(frame);
      if (result !== undefined) return result === BREAK ? undefined : result;
    } while (!isTrue(condition(frame)));
    return undefined;
  };
}

function emitIf(emitter: Emitter, statement: Extract<Statement, { kind: 'if' }>): Execute {
  const otherwise = emitBlock(emitter, statement.otherwise);
  const clauses = statement.clauses.map(({ condition, body }) => ({
    condition: emitter.one(emitter, condition),
    body: emitBlock(emitter, body),
  }));
  const [first, ...others] = clauses;
  if (first !== undefined && others.length === 0) {
    return emitChoice(first.condition, first.body, otherwise);
  }
  return (frame) => {
    for (const { condition, body } of clauses) {
      if (isTrue(condition(frame))) return body(frame);
    }
    return otherwise(frame);
  };
}

function emitChoice(condition: Evaluate, body: Execute, otherwise: Execute): Execute {
  return (frame) => (isTrue(condition(frame)) ? body(frame) : otherwise(frame));
}

function emitReturn(emitter: Emitter, { values }: Extract<Statement, { kind: 'return' }>): Execute {
  const [first, ...others] = values;
  if (first === undefined) return () => NOTHING;
  if (others.length === 0 && (first.kind === 'call' || first.kind === 'method')) {
    return emitTailCall(emitter, first);
  }
  if (others.length === 0 && !isMultiple(first)) {
    const one = emitter.one(emitter, first);
    return (frame) => {
      frame.statementBytes = frame.machine.allocatedBytes;
      return [one(frame)];
    };
  }
  return emitter.list(emitter, values);
}
