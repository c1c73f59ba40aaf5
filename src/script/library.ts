import { cString } from './c-string.ts';
import type { Globals } from './emitter.ts';
import { baseFunctions } from './library-base.ts';
import { BIT_LIBRARY } from './library-bit.ts';
import { JSON_LIBRARY } from './library-json.ts';
import { loadFunctions } from './library-load.ts';
import { MATH_LIBRARY } from './library-math.ts';
import { MESSAGE_PACK_LIBRARY } from './library-message-pack.ts';
import { REDIS_LIBRARY, redisTable } from './library-redis.ts';
import { STRING_LIBRARY, STRING_METATABLE } from './library-string.ts';
import { STRUCT_LIBRARY } from './library-struct.ts';
import { TABLE_LIBRARY } from './library-table.ts';
import { functionOf, sharedTable } from './library-table-builder.ts';
import type { Environment, Machine } from './machine.ts';
import { LuaTable } from './table.ts';
import { LuaFunction, type LuaValue } from './value.ts';

/**
 * What a script finds when it starts. Left out of what Redis 7.0 has: `coroutine`. A script that
 * names it is told that the variable does not exist.
 */
const globals: ReadonlyMap<string, LuaValue> = new Map<string, LuaValue>([
  ...Object.entries({ ...baseFunctions, ...loadFunctions }).map(
    ([name, native]): [string, LuaValue] => [name, functionOf(native)],
  ),
  ['_VERSION', 'Lua 5.1'],
  ['bit', BIT_LIBRARY],
  ['cjson', JSON_LIBRARY],
  ['cmsgpack', MESSAGE_PACK_LIBRARY],
  ['math', MATH_LIBRARY],
  ['string', STRING_LIBRARY],
  ['struct', STRUCT_LIBRARY],
  ['table', TABLE_LIBRARY],
]);

/** The globals that the compiler may use without looking them up when the script runs. */
export const sharedGlobals: Globals = {
  find: (name) => globals.get(name),
  findField: (tableName, fieldName) => {
    const table = tableName === 'redis' ? REDIS_LIBRARY : globals.get(tableName);
    return table instanceof LuaTable ? table.getText(fieldName) : undefined;
  },
};

/** What Redis says of a global that is not there (script_lua.c, luaSetErrorMetatable). */
const missingGlobal = new LuaFunction((machine, args) => {
  const name = cString(String(args[1]));
  throw machine.errorHere(`Script attempted to access nonexistent global variable '${name}'`);
});

const globalMetatable = sharedTable({ __index: missingGlobal });

export const environment: Environment = {
  globals: sharedGlobals,
  stringMetatable: STRING_METATABLE,
  makeRedisTable: (machine) => redisTable(machine.host.redisVersion),
  makeGlobalTable: (machine: Machine) => {
    const table = new LuaTable();
    for (const [name, value] of globals) table.set(name, value);
    table.set('redis', redisTable(machine.host.redisVersion));
    table.set('KEYS', machine.keys);
    table.set('ARGV', machine.argv);
    table.set('_G', table);
    table.metatable = globalMetatable;
    table.readonly = true;
    return table;
  },
};
