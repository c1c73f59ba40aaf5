import type { Frame } from './frame.ts';
import type { Site } from './site.ts';
import type { LuaValue } from './value.ts';

/** A compiled expression that gives one value. */
export type Evaluate = (frame: Frame) => LuaValue;

/** A compiled expression or list of expressions that gives any number of values. */
export type EvaluateAll = (frame: Frame) => LuaValue[];

/**
 * A compiled statement. It returns nothing to go on with the next statement, `BREAK` to leave the
 * loop around it, `TAIL_CALL` to go on with the function that the machine holds, and any other
 * list to return these values from the function.
 */
export type Execute = (frame: Frame) => LuaValue[] | undefined;

export const BREAK: LuaValue[] = [];
export const TAIL_CALL: LuaValue[] = [];

/** The compiled body of a function of a script. */
export interface Code {
  readonly body: Execute;
  readonly parameterCount: number;
  readonly isVararg: boolean;
  /** The slot of the `arg` table of Lua 5.0 style, if the function may see it. */
  readonly argSlot: number | undefined;
  /** Slots of parameters that closures capture. */
  readonly capturedParameters: readonly number[];
  /** How deep its closures nest on JavaScript's stack, for `Machine.enter`. */
  readonly stackUnits: number;
  /** Where it begins. */
  readonly start: Site;
}
