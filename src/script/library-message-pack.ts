import { argumentError, integerArgument, integerOr, textArgument, toInt } from './arguments.ts';
import { type Functions, sharedTable } from './library-table-builder.ts';
import type { Machine } from './machine.ts';
import { MessagePackDecoder } from './message-pack-decode.ts';
import { encodeMessagePack } from './message-pack-encode.ts';
import type { LuaValue } from './value.ts';

/** `cmsgpack` (redis.io/docs/interact/programmability/lua-api, "cmsgpack library"). */
const messagePackFunctions: Functions = {
  pack: (machine, args) => {
    machine.step(callSteps);
    if (args.length === 0) {
      throw argumentError(machine, -1, 'MessagePack pack needs input.');
    }
    return [machine.text(args.map((value) => encodeMessagePack(machine, value)).join(''))];
  },
  unpack: (machine, args) => {
    return unpack(machine, textArgument(machine, args, 0), {
      limit: 0,
      offset: 0,
      argumentCount: args.length,
    });
  },
  unpack_limit: (machine, args) => {
    const limit = integerArgument(machine, args, 1);
    const offset = integerOr(machine, args, 2, 0);
    return unpack(machine, textArgument(machine, args, 0), { limit, offset, argumentCount: 1 });
  },
  unpack_one: (machine, args) => {
    const offset = integerOr(machine, args, 1, 0);
    return unpack(machine, textArgument(machine, args, 0), { limit: 1, offset, argumentCount: 1 });
  },
};

/** Steps of a call, beside those of the values. */
const callSteps = 8;

const messagePackConstants = {
  _COPYRIGHT: 'Copyright (C) 2012, Salvatore Sanfilippo',
  _DESCRIPTION: 'MessagePack C implementation for Lua',
  _NAME: 'cmsgpack',
  _VERSION: 'lua-cmsgpack 0.4.0',
};

export const MESSAGE_PACK_LIBRARY = sharedTable(messagePackFunctions, messagePackConstants);

interface Range {
  readonly limit: number;
  readonly offset: number;
  readonly argumentCount: number;
}

/** At most `limit` values from `offset` on, after the offset that follows them; 0 and 0: all. */
function unpack(machine: Machine, data: string, range: Range): LuaValue[] {
  const { limit, offset, argumentCount } = range;
  machine.step(callSteps);
  const { length } = data;
  if (offset < 0 || limit < 0) {
    // The original tells the input's length where it says "limit".
    const what = `offset of ${toInt(offset)} and limit of ${length}`;
    throw machine.errorHere(`Invalid request to unpack with ${what}.`);
  }
  if (offset > length) {
    const what = `${toInt(offset)} greater than input length ${length}`;
    throw machine.errorHere(`Start offset ${what}.`);
  }
  const isAll = limit === 0 && offset === 0;
  const decoder = new MessagePackDecoder(machine, data, { offset, stackSize: argumentCount });
  const values: LuaValue[] = [];
  while (!decoder.isAtEnd && (isAll || values.length < limit)) values.push(decoder.read());
  if (isAll) return values;
  decoder.checkStack('in function mp_unpack_full');
  return [decoder.isAtEnd ? -1 : decoder.offset, ...values];
}
