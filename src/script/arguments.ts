import type { LuaError } from './errors.ts';
import type { Machine } from './machine.ts';
import { toNumber, toText } from './operations.ts';
import { LuaTable } from './table.ts';
import { LuaFunction, type LuaValue, typeName } from './value.ts';

/**
 * Arguments of our functions, checked as Lua 5.1 checks them (lauxlib.c), with its messages.
 * Positions count from 0; messages count from 1.
 */

/** `bad argument #1 to 'rep' (...)`, with the name that the script called the function by. */
export function argumentError(machine: Machine, at: number, message: string): LuaError {
  const callee = machine.frame?.site?.callee;
  const name = callee?.name ?? '?';
  if (callee?.kind !== 'method') {
    return machine.errorHere(`bad argument #${at + 1} to '${name}' (${message})`);
  }
  if (at === 0) return machine.errorHere(`calling '${name}' on bad self (${message})`);
  return machine.errorHere(`bad argument #${at} to '${name}' (${message})`);
}

export function expectedError(
  machine: Machine,
  args: readonly LuaValue[],
  at: number,
  expected: string,
): LuaError {
  return argumentError(machine, at, `${expected} expected, got ${typeOf(args, at)}`);
}

function typeOf(args: readonly LuaValue[], at: number): string {
  return at < args.length ? typeName(args[at]) : 'no value';
}

/** Any value, nil included, but it must be there. */
export function anyArgument(machine: Machine, args: readonly LuaValue[], at: number): LuaValue {
  if (at >= args.length) throw argumentError(machine, at, 'value expected');
  return args[at];
}

export function textArgument(machine: Machine, args: readonly LuaValue[], at: number): string {
  const text = toText(machine, args[at]);
  if (text === undefined) throw expectedError(machine, args, at, 'string');
  return text;
}

export function textOr(
  machine: Machine,
  args: readonly LuaValue[],
  at: number,
  otherwise: string,
): string {
  return args[at] === undefined ? otherwise : textArgument(machine, args, at);
}

export function numberArgument(machine: Machine, args: readonly LuaValue[], at: number): number {
  const number = toNumber(machine, args[at]);
  if (number === undefined) throw expectedError(machine, args, at, 'number');
  return number;
}

/** A number as a C `ptrdiff_t`: truncated; what does not fit is the smallest integer. */
export function integerArgument(machine: Machine, args: readonly LuaValue[], at: number): number {
  return truncated(numberArgument(machine, args, at));
}

export function integerOr(
  machine: Machine,
  args: readonly LuaValue[],
  at: number,
  otherwise: number,
): number {
  return args[at] === undefined ? otherwise : integerArgument(machine, args, at);
}

/** A number as a C `int`. */
export function intArgument(machine: Machine, args: readonly LuaValue[], at: number): number {
  return toInt(integerArgument(machine, args, at));
}

export function intOr(
  machine: Machine,
  args: readonly LuaValue[],
  at: number,
  otherwise: number,
): number {
  return args[at] === undefined ? otherwise : intArgument(machine, args, at);
}

export function tableArgument(machine: Machine, args: readonly LuaValue[], at: number): LuaTable {
  const value = args[at];
  if (!(value instanceof LuaTable)) throw expectedError(machine, args, at, 'table');
  return value;
}

export function functionArgument(
  machine: Machine,
  args: readonly LuaValue[],
  at: number,
): LuaFunction {
  const value = args[at];
  if (!(value instanceof LuaFunction)) throw expectedError(machine, args, at, 'function');
  return value;
}

/** What C on x86-64 makes of a double that is cast to a 64-bit integer. */
export function truncated(number: number): number {
  if (!(Math.abs(number) < 2 ** 63)) return -(2 ** 63);
  return Math.trunc(number) + 0;
}

/** The low 32 bits as a signed integer. */
export function toInt(integer: number): number {
  if (Math.abs(integer) < 2 ** 31) return integer;
  return Number(BigInt.asIntN(32, BigInt(integer)));
}
