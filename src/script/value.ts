import type { Code } from './code.ts';
import type { Machine } from './machine.ts';
import type { LuaTable } from './table.ts';

/**
 * Values of Lua 5.1 as JavaScript values: nil is `undefined`, numbers are doubles, strings are
 * byte strings. Nothing else of JavaScript ever becomes a value of a script.
 */
export type LuaValue =
  | undefined
  | boolean
  | number
  | string
  | LuaTable
  | LuaFunction
  | LightUserdata;

/** What a function of ours does. It owns `args`, and the caller owns what it returns. */
export type Native = (machine: Machine, args: LuaValue[]) => LuaValue[];

/** A variable that a closure captured, shared by all who captured it. */
export class Cell {
  value: LuaValue;

  constructor(value: LuaValue) {
    this.value = value;
  }
}

/** A function: one of ours (`native`), or code of a script with the variables it captured. */
export class LuaFunction {
  readonly native: Native | undefined;
  readonly code: Code | undefined;
  readonly upvalues: readonly Cell[];

  constructor(native: Native | undefined, code?: Code, upvalues: readonly Cell[] = []) {
    this.native = native;
    this.code = code;
    this.upvalues = upvalues;
  }
}

/** A pointer that scripts can hold and compare but not look into: `cjson.null` is the only one. */
export class LightUserdata {
  readonly kind = 'userdata';
}

/** The NULL pointer (`cjson.null`). */
export const NULL_POINTER = new LightUserdata();

/** Results of a function that returns nothing. Receivers of results never change them. */
export const NOTHING: LuaValue[] = [];

export type LuaTypeName =
  | 'nil'
  | 'boolean'
  | 'number'
  | 'string'
  | 'table'
  | 'function'
  | 'userdata';

/** The name of the type as `type` returns it. */
export function typeName(value: LuaValue): LuaTypeName {
  switch (typeof value) {
    case 'undefined':
      return 'nil';
    case 'boolean':
      return 'boolean';
    case 'number':
      return 'number';
    case 'string':
      return 'string';
    default:
      if (value instanceof LuaFunction) return 'function';
      return value instanceof LightUserdata ? 'userdata' : 'table';
  }
}

/** Everything but nil and false is true. */
export function isTrue(value: LuaValue): boolean {
  return value !== undefined && value !== false;
}
