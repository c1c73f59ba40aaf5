import { LuaTable } from './table.ts';
import { LuaFunction, type LuaValue, type Native } from './value.ts';

/** Functions of a library by name. */
export type Functions = Readonly<Record<string, Native | LuaFunction>>;

/** A table that all scripts share and none can change. */
export function sharedTable(
  functions: Functions,
  constants: Readonly<Record<string, LuaValue>> = {},
): LuaTable {
  const table = new LuaTable();
  for (const [name, value] of Object.entries(functions)) table.set(name, functionOf(value));
  for (const [name, value] of Object.entries(constants)) table.set(name, value);
  table.readonly = true;
  return table;
}

export function functionOf(value: Native | LuaFunction): LuaFunction {
  return value instanceof LuaFunction ? value : new LuaFunction(value);
}
