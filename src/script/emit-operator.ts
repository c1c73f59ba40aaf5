import { assertNever } from '../base/assert.ts';
import type { Evaluate } from './code.ts';
import { type Emitter, nameOf, siteAt } from './emitter.ts';
import {
  type Arithmetic,
  arithmetic,
  concatenate,
  equals,
  length,
  lessOrEqual,
  lessThan,
} from './operations.ts';
import type { Site } from './site.ts';
import type { Expression } from './syntax.ts';
import { isTrue, type LuaValue } from './value.ts';

type Binary = Extract<Expression, { kind: 'binary' }>;

interface Operands {
  readonly left: Evaluate;
  readonly right: Evaluate;
  readonly site: Site;
}

export function emitBinary(emitter: Emitter, expression: Binary): Evaluate {
  const operands: Operands = {
    left: emitter.one(emitter, expression.left),
    right: emitter.one(emitter, expression.right),
    site: siteAt(emitter, expression.line),
  };
  switch (expression.operator) {
    case '==':
      return emitEquality(operands, true);
    case '~=':
      return emitEquality(operands, false);
    case '<':
      return emitOrder(operands, lessThan);
    case '<=':
      return emitOrder(operands, lessOrEqual);
    case '>':
      return emitOrder(operands, (machine, left, right) => lessThan(machine, right, left));
    case '>=':
      return emitOrder(operands, (machine, left, right) => lessOrEqual(machine, right, left));
    default:
      return emitArithmetic(operands, expression);
  }
}

function emitEquality({ left, right, site }: Operands, expected: boolean): Evaluate {
  return (frame) => {
    const leftValue = left(frame);
    const rightValue = right(frame);
    if (typeof leftValue === 'number') return (leftValue === rightValue) === expected;
    frame.site = site;
    return equals(frame.machine, leftValue, rightValue) === expected;
  };
}

function emitOrder({ left, right, site }: Operands, compare: typeof lessThan): Evaluate {
  return (frame) => {
    const leftValue = left(frame);
    const rightValue = right(frame);
    frame.site = site;
    return compare(frame.machine, leftValue, rightValue);
  };
}

function emitArithmetic({ left, right, site }: Operands, expression: Binary): Evaluate {
  const operation: Arithmetic = {
    ...arithmeticOf(expression.operator),
    leftName: nameOf(expression.left),
    rightName: nameOf(expression.right),
  };
  const { compute } = operation;
  return (frame) => {
    const leftValue = left(frame);
    const rightValue = right(frame);
    if (typeof leftValue === 'number' && typeof rightValue === 'number') {
      return compute(leftValue, rightValue);
    }
    frame.site = site;
    return arithmetic(frame.machine, operation, leftValue, rightValue);
  };
}

function arithmeticOf(operator: Binary['operator']): Pick<Arithmetic, 'event' | 'compute'> {
  switch (operator) {
    case '+':
      return { event: '__add', compute: (left, right) => left + right };
    case '-':
      return { event: '__sub', compute: (left, right) => left - right };
    case '*':
      return { event: '__mul', compute: (left, right) => left * right };
    case '/':
      return { event: '__div', compute: (left, right) => left / right };
    case '%':
      return { event: '__mod', compute: (left, right) => left - Math.floor(left / right) * right };
    case '^':
      return { event: '__pow', compute: power };
    default:
      throw new RangeError(`${operator} is no arithmetic`);
  }
}

/** C's pow, which differs from JavaScript's for a base of 1 or -1 (C17 F.10.4.4). */
export function power(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && Math.abs(exponent) === Number.POSITIVE_INFINITY)) return 1;
  // These two are exact to the last bit in C; V8's own power may be off by one.
  if (exponent === 2) return base * base;
  if (exponent === 0.5 && base > 0) return Math.sqrt(base);
  return base ** exponent;
}

export function emitConcat(
  emitter: Emitter,
  expression: Extract<Expression, { kind: 'concat' }>,
): Evaluate {
  const { operands } = expression;
  const parts = operands.map((operand) => emitter.one(emitter, operand));
  const names = operands.map(nameOf);
  const site = siteAt(emitter, expression.line);
  return (frame) => {
    const values: LuaValue[] = [];
    for (const part of parts) values.push(part(frame));
    frame.site = site;
    return concatenate(frame.machine, values, names);
  };
}

export function emitUnary(
  emitter: Emitter,
  { operator, operand, line }: Extract<Expression, { kind: 'unary' }>,
): Evaluate {
  const evaluate = emitter.one(emitter, operand);
  const site = siteAt(emitter, line);
  const name = nameOf(operand);
  switch (operator) {
    case 'not':
      return (frame) => !isTrue(evaluate(frame));
    case '#':
      return (frame) => {
        const value = evaluate(frame);
        frame.site = site;
        return length(frame.machine, value, name);
      };
    case '-': {
      const compute = (value: number): number => -value;
      const operation: Arithmetic = { event: '__unm', compute, leftName: name, rightName: name };
      return (frame) => {
        const value = evaluate(frame);
        if (typeof value === 'number') return -value;
        frame.site = site;
        return arithmetic(frame.machine, operation, value, value);
      };
    }
    default:
      return assertNever(operator);
  }
}
