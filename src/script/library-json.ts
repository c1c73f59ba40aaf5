import { argumentError, integerOr, textArgument, truncated } from './arguments.ts';
import { decodeJson } from './json-decode.ts';
import { encodeJson } from './json-encode.ts';
import { JsonSettings } from './json-settings.ts';
import { type Functions, functionOf, sharedTable } from './library-table-builder.ts';
import type { Machine } from './machine.ts';
import { toNumber } from './operations.ts';
import { LuaTable } from './table.ts';
import { type LuaValue, NULL_POINTER } from './value.ts';

/** `cjson` (kyne.au/~mark/software/lua-cjson-manual.html, 2.1), with settings of each run. */
const jsonFunctions: Functions = {
  decode: (machine, args) => {
    if (args.length !== 1) throw argumentError(machine, 0, 'expected 1 argument');
    return [decodeJson(machine, textArgument(machine, args, 0))];
  },
  decode_invalid_numbers: (machine, args) => {
    const { json } = machine;
    json.decodeInvalidNumbers = flag(machine, args, json.decodeInvalidNumbers);
    return [json.decodeInvalidNumbers];
  },
  decode_max_depth: (machine, args) => {
    const { json } = machine;
    json.decodeDepthMax = setting(machine, args, 0, json.decodeDepthMax, [1, 2 ** 31 - 1]);
    return [json.decodeDepthMax];
  },
  encode: (machine, args) => {
    if (args.length !== 1) throw argumentError(machine, 0, 'expected 1 argument');
    return [encodeJson(machine, args[0])];
  },
  encode_invalid_numbers: (machine, args) => {
    const { json } = machine;
    if (args[0] === 'null') json.encodeInvalidNumbers = 'null';
    else if (args[0] !== undefined) json.encodeInvalidNumbers = flag(machine, args, false);
    return [json.encodeInvalidNumbers];
  },
  encode_keep_buffer: (machine, args) => {
    const { json } = machine;
    json.keepBuffer = flag(machine, args, json.keepBuffer);
    return [json.keepBuffer];
  },
  encode_max_depth: (machine, args) => {
    const { json } = machine;
    json.encodeDepthMax = setting(machine, args, 0, json.encodeDepthMax, [1, 2 ** 31 - 1]);
    return [json.encodeDepthMax];
  },
  encode_number_precision: (machine, args) => {
    const { json } = machine;
    json.numberPrecision = setting(machine, args, 0, json.numberPrecision, [1, 14]);
    return [json.numberPrecision];
  },
  encode_sparse_array: (machine, args) => {
    const { json } = machine;
    json.sparseConvert = flag(machine, args, json.sparseConvert);
    json.sparseRatio = setting(machine, args, 1, json.sparseRatio, [0, 2 ** 31 - 1]);
    json.sparseSafe = setting(machine, args, 2, json.sparseSafe, [0, 2 ** 31 - 1]);
    return [json.sparseConvert, json.sparseRatio, json.sparseSafe];
  },
  /** Another `cjson`, which a script may change; its settings are those of the run as well. */
  new: (machine) => {
    Object.assign(machine.json, new JsonSettings());
    const table = new LuaTable();
    for (const [name, native] of Object.entries(jsonFunctions)) {
      table.set(name, functionOf(native));
    }
    for (const [name, value] of Object.entries(jsonConstants)) table.set(name, value);
    machine.allocate(2_000);
    machine.step(newLibrarySteps);
    return [table];
  },
};

/** Steps of making another `cjson`. */
const newLibrarySteps = 200;

const jsonConstants = { null: NULL_POINTER, _NAME: 'cjson', _VERSION: '2.1.0' };

export const JSON_LIBRARY = sharedTable(jsonFunctions, jsonConstants);

function flag(machine: Machine, args: LuaValue[], current: boolean): boolean {
  const [value] = args;
  if (value === undefined) return current;
  if (typeof value === 'boolean') return value;
  if (value === 'on') return true;
  if (value === 'off') return false;
  throw argumentError(machine, 0, `invalid option '${textArgument(machine, args, 0)}'`);
}

function setting(
  machine: Machine,
  args: LuaValue[],
  at: number,
  current: number,
  [low, high]: readonly [number, number],
): number {
  if (args[at] === undefined) return current;
  const value = truncated(toNumber(machine, args[at]) ?? integerOr(machine, args, at, current));
  if (value < low || value > high) {
    throw argumentError(machine, at, `expected integer between ${low} and ${high}`);
  }
  return value;
}
