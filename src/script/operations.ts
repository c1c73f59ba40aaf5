import { cString } from './c-string.ts';
import type { LuaError } from './errors.ts';
import type { Machine } from './machine.ts';
import { formatNumber } from './number-format.ts';
import { numberOf } from './number-parse.ts';
import type { ValueName } from './site.ts';
import { LuaTable } from './table.ts';
import { isTrue, LuaFunction, type LuaValue, typeName } from './value.ts';

/**
 * The operations of Lua 5.1 with their coercions, metamethods and messages (manual 2.5, 2.8).
 * Compiled code handles the common cases itself and comes here with the rest. The caller has set
 * the site of the frame, so that errors name the line.
 */

/** How many `__index` or `__newindex` are followed (lvm.c, MAXTAGLOOP). */
const redirectionsMax = 100;

/** Steps of following one. */
const redirectionSteps = 2;

/** Strings longer than this are compared and hashed at a counted price. */
const longStringBytes = 256;

/** Steps of reading a number, of writing a whole one, and of writing one with a fraction. */
const readNumberSteps = 6;
const writeIntegerSteps = 2;
export const writeNumberSteps = 100;

export function metatableOf(machine: Machine, value: LuaValue): LuaTable | undefined {
  if (value instanceof LuaTable) return value.metatable;
  return typeof value === 'string' ? machine.environment.stringMetatable : undefined;
}

export function metamethod(machine: Machine, value: LuaValue, event: string): LuaValue {
  return metatableOf(machine, value)?.getText(event);
}

/** `attempt to index local 'x' (a nil value)` and its kin. */
function typeError(
  machine: Machine,
  operation: string,
  value: LuaValue,
  name: ValueName | undefined,
): LuaError {
  const type = typeName(value);
  const what =
    name === undefined || name.kind === 'constant'
      ? `a ${type} value`
      : `${name.kind} '${cString(name.name)}' (a ${type} value)`;
  return machine.errorHere(`attempt to ${operation} ${what}`);
}

/** The function to call for a value; with `__call` the value becomes the first argument. */
export function callableOf(
  machine: Machine,
  value: LuaValue,
  args: LuaValue[],
  name: ValueName | undefined,
): LuaFunction {
  if (value instanceof LuaFunction) return value;
  const handler = metamethod(machine, value, '__call');
  if (!(handler instanceof LuaFunction)) throw typeError(machine, 'call', value, name);
  args.unshift(value);
  return handler;
}

/** Calls a metamethod for its first result. */
function callHandler(machine: Machine, handler: LuaValue, args: LuaValue[]): LuaValue {
  return machine.invokeCounted(callableOf(machine, handler, args, undefined), args)[0];
}

export function index(
  machine: Machine,
  object: LuaValue,
  key: LuaValue,
  name: ValueName | undefined,
): LuaValue {
  if (typeof key === 'string' && key.length > longStringBytes) machine.stepBytes(key.length);
  let current = object;
  for (let count = 0; count < redirectionsMax; count += 1) {
    let handler: LuaValue;
    if (current instanceof LuaTable) {
      const value = current.get(key);
      if (value !== undefined || current.metatable === undefined) return value;
      handler = current.metatable.getText('__index');
      if (handler === undefined) return undefined;
    } else {
      handler = metamethod(machine, current, '__index');
      if (handler === undefined) {
        throw typeError(machine, 'index', current, count === 0 ? name : undefined);
      }
    }
    if (handler instanceof LuaFunction) return callHandler(machine, handler, [current, key]);
    machine.step(redirectionSteps);
    current = handler;
  }
  throw machine.errorHere('loop in gettable');
}

export function setIndex(
  machine: Machine,
  object: LuaValue,
  key: LuaValue,
  value: LuaValue,
  name?: ValueName,
): void {
  if (typeof key === 'string' && key.length > longStringBytes) machine.stepBytes(key.length);
  let current = object;
  for (let count = 0; count < redirectionsMax; count += 1) {
    let handler: LuaValue;
    if (current instanceof LuaTable) {
      if (current.readonly) throw machine.errorHere(readonlyMessage);
      checkKey(machine, key);
      handler = current.metatable?.getText('__newindex');
      if (handler === undefined || current.get(key) !== undefined) {
        rawSet(machine, current, key, value);
        return;
      }
    } else {
      handler = metamethod(machine, current, '__newindex');
      if (handler === undefined) {
        throw typeError(machine, 'index', current, count === 0 ? name : undefined);
      }
    }
    if (handler instanceof LuaFunction) {
      callHandler(machine, handler, [current, key, value]);
      return;
    }
    machine.step(redirectionSteps);
    current = handler;
  }
  throw machine.errorHere('loop in settable');
}

/** What Redis raises for the tables that all scripts share. */
export const readonlyMessage = 'Attempt to modify a readonly table';

function checkKey(machine: Machine, key: LuaValue): void {
  if (key === undefined) throw machine.errorHere('table index is nil');
  if (typeof key === 'number' && Number.isNaN(key)) {
    throw machine.errorHere('table index is NaN');
  }
}

/** Sets a field for code of the script, without metamethods. */
export function rawSet(machine: Machine, table: LuaTable, key: LuaValue, value: LuaValue): void {
  checkKey(machine, key);
  machine.step();
  if (typeof key === 'string' && key.length > longStringBytes) machine.stepBytes(key.length);
  const grownBytes = table.set(key, value);
  if (grownBytes > 0) machine.allocate(grownBytes);
  if (table.uncountedSteps === 0) return;
  machine.step(table.uncountedSteps);
  table.uncountedSteps = 0;
}

/** The number that an operand of arithmetic is. */
export function toNumber(machine: Machine, value: LuaValue): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  machine.step(readNumberSteps + (value.length >>> 3));
  return numberOf(value);
}

/** The string that an operand of `..` is. */
export function toText(machine: Machine, value: LuaValue): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value !== 'number') return undefined;
  machine.step(Number.isSafeInteger(value) ? writeIntegerSteps : writeNumberSteps);
  return formatNumber(value);
}

/** One kind of arithmetic, and the place where it stands. */
export interface Arithmetic {
  readonly event: string;
  readonly compute: (left: number, right: number) => number;
  readonly leftName: ValueName | undefined;
  readonly rightName: ValueName | undefined;
}

export function arithmetic(
  machine: Machine,
  operation: Arithmetic,
  left: LuaValue,
  right: LuaValue,
): LuaValue {
  const leftNumber = toNumber(machine, left);
  const rightNumber = toNumber(machine, right);
  if (leftNumber !== undefined && rightNumber !== undefined) {
    return operation.compute(leftNumber, rightNumber);
  }
  const { event } = operation;
  const handler = metamethod(machine, left, event) ?? metamethod(machine, right, event);
  if (handler !== undefined) return callHandler(machine, handler, [left, right]);
  throw leftNumber === undefined
    ? typeError(machine, 'perform arithmetic on', left, operation.leftName)
    : typeError(machine, 'perform arithmetic on', right, operation.rightName);
}

/** `..` over two or more operands, from the right. */
export function concatenate(
  machine: Machine,
  operands: readonly LuaValue[],
  names: readonly (ValueName | undefined)[],
): LuaValue {
  let right = operands.at(-1);
  for (let at = operands.length - 2; at >= 0; at -= 1) {
    const left = operands[at];
    machine.step();
    const leftText = toText(machine, left);
    const rightText = toText(machine, right);
    if (leftText !== undefined && rightText !== undefined) {
      machine.allocate(leftText.length + rightText.length);
      right = leftText + rightText;
      continue;
    }
    const handler = metamethod(machine, left, '__concat') ?? metamethod(machine, right, '__concat');
    if (handler !== undefined) {
      right = callHandler(machine, handler, [left, right]);
    } else {
      const isLeft = leftText === undefined;
      const name = isLeft ? names[at] : at + 2 === operands.length ? names[at + 1] : undefined;
      throw typeError(machine, 'concatenate', isLeft ? left : right, name);
    }
  }
  return right;
}

export function equals(machine: Machine, left: LuaValue, right: LuaValue): boolean {
  if (typeof left === 'string' && typeof right === 'string') {
    if (left.length !== right.length) return false;
    if (left.length > longStringBytes) machine.stepBytes(left.length);
    return left === right;
  }
  if (left === right) return true;
  if (!(left instanceof LuaTable) || !(right instanceof LuaTable)) return false;
  const handler = sharedHandler(left, right, '__eq');
  return handler !== undefined && isTrue(callHandler(machine, handler, [left, right]));
}

export function lessThan(machine: Machine, left: LuaValue, right: LuaValue): boolean {
  if (typeof left === 'number' && typeof right === 'number') return left < right;
  if (typeof left === 'string' && typeof right === 'string') {
    machine.stepBytes(Math.min(left.length, right.length));
    return left < right;
  }
  const handler = orderHandler(left, right, '__lt');
  if (handler === undefined) throw orderError(machine, left, right);
  return isTrue(callHandler(machine, handler, [left, right]));
}

export function lessOrEqual(machine: Machine, left: LuaValue, right: LuaValue): boolean {
  if (typeof left === 'number' && typeof right === 'number') return left <= right;
  if (typeof left === 'string' && typeof right === 'string') {
    machine.stepBytes(Math.min(left.length, right.length));
    return left <= right;
  }
  const handler = orderHandler(left, right, '__le');
  if (handler !== undefined) return isTrue(callHandler(machine, handler, [left, right]));
  const reverse = orderHandler(left, right, '__lt');
  if (reverse === undefined) throw orderError(machine, left, right);
  return !isTrue(callHandler(machine, reverse, [right, left]));
}

export function length(machine: Machine, value: LuaValue, name: ValueName | undefined): LuaValue {
  if (typeof value === 'string') return value.length;
  if (value instanceof LuaTable) return value.border();
  throw typeError(machine, 'get length of', value, name);
}

/** Order is compared by a metamethod only if both operands have the same one. */
function orderHandler(left: LuaValue, right: LuaValue, event: string): LuaValue {
  if (!(left instanceof LuaTable) || !(right instanceof LuaTable)) return undefined;
  return sharedHandler(left, right, event);
}

function sharedHandler(left: LuaTable, right: LuaTable, event: string): LuaValue {
  const handler = left.metatable?.getText(event);
  return handler === right.metatable?.getText(event) ? handler : undefined;
}

function orderError(machine: Machine, left: LuaValue, right: LuaValue): LuaError {
  const leftType = typeName(left);
  const rightType = typeName(right);
  return machine.errorHere(
    leftType === rightType
      ? `attempt to compare two ${leftType} values`
      : `attempt to compare ${leftType} with ${rightType}`,
  );
}
