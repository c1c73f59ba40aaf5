import { intArgument, numberArgument } from './arguments.ts';
import { type Functions, sharedTable } from './library-table-builder.ts';
import type { Machine } from './machine.ts';
import type { LuaValue } from './value.ts';

/** Bit operations on 32 bits with signed results (bitop.luajit.org, version 1.0.2). */
const bitFunctions: Functions = {
  arshift: (machine, args) => [bits(machine, args, 0) >> (bits(machine, args, 1) & 31)],
  band: (machine, args) => [folded(machine, args, (left, right) => left & right)],
  bnot: (machine, args) => [~bits(machine, args, 0)],
  bor: (machine, args) => [folded(machine, args, (left, right) => left | right)],
  bswap: (machine, args) => {
    const value = bits(machine, args, 0);
    const outer = (value << 24) | (value >>> 24);
    return [outer | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00)];
  },
  bxor: (machine, args) => [folded(machine, args, (left, right) => left ^ right)],
  lshift: (machine, args) => [bits(machine, args, 0) << (bits(machine, args, 1) & 31)],
  rol: (machine, args) => [rotated(bits(machine, args, 0), bits(machine, args, 1))],
  ror: (machine, args) => [rotated(bits(machine, args, 0), -bits(machine, args, 1))],
  rshift: (machine, args) => [(bits(machine, args, 0) >>> (bits(machine, args, 1) & 31)) | 0],
  tobit: (machine, args) => [bits(machine, args, 0)],
  tohex: (machine, args) => {
    const value = bits(machine, args, 0) >>> 0;
    const wanted = args[1] === undefined ? 8 : intArgument(machine, args, 1);
    const count = Math.min(8, Math.abs(wanted));
    const digits = value.toString(16).padStart(8, '0');
    const text = digits.slice(8 - count);
    return [machine.text(wanted < 0 ? text.toUpperCase() : text)];
  },
};

export const BIT_LIBRARY = sharedTable(bitFunctions);

function folded(
  machine: Machine,
  args: LuaValue[],
  combine: (left: number, right: number) => number,
): number {
  machine.step(args.length);
  let result = bits(machine, args, 0);
  for (let at = 1; at < args.length; at += 1) result = combine(result, bits(machine, args, at));
  return result;
}

/** Adding this to a double leaves its integer in the low bits of the mantissa (lua_bit.c). */
const magic = 2 ** 52 + 2 ** 51;
const doubles = new Float64Array(1);
const words = new Int32Array(doubles.buffer);

/**
 * The low 32 bits of a number, rounded to the nearest integer, ties to the even one. For numbers
 * of more than 51 bits they are what BitOp finds there.
 */
function bits(machine: Machine, args: LuaValue[], at: number): number {
  const value = numberArgument(machine, args, at);
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 51) return value | 0;
  doubles[0] = value + magic;
  return words[0] ?? 0;
}

function rotated(value: number, count: number): number {
  const by = count & 31;
  return by === 0 ? value : (value << by) | (value >>> (32 - by));
}
