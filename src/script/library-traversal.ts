import { tableArgument } from './arguments.ts';
import { LuaFunction, type LuaValue, NOTHING } from './value.ts';

/** The functions that the compiler knows when they drive a `for` (manual 5.1). */

/** Places without a value that are passed in a step, as a power of two. */
const holesShift = 5;

/** `next(table, key)`: the next key and its value; nil at the end. */
export const NEXT = new LuaFunction((machine, args) => {
  const table = tableArgument(machine, args, 0);
  const previous = machine.positionIn(table, args[1]);
  const position = table.nextPosition(previous);
  machine.step((position === 0 ? table.placeCount : position - previous) >>> holesShift);
  return position === 0 ? [undefined] : [table.keyAt(position), table.valueAt(position)];
});

export const PAIRS = new LuaFunction((machine, args) => {
  return [NEXT, tableArgument(machine, args, 0), undefined];
});

/** One step of `ipairs`. */
export const IPAIRS_STEP = new LuaFunction((machine, args) => {
  const table = tableArgument(machine, args, 0);
  const position = Number(args[1]) + 1;
  const value: LuaValue = table.get(position);
  return value === undefined ? NOTHING : [position, value];
});

export const IPAIRS = new LuaFunction((machine, args) => {
  return [IPAIRS_STEP, tableArgument(machine, args, 0), 0];
});
