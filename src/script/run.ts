import type { ByteString } from '../base/byte-string.ts';
import { error, type Reply } from '../resp/reply.ts';
import { cString } from './c-string.ts';
import type { CompiledScript } from './compile.ts';
import { oneLine, toReply } from './convert.ts';
import { LimitReached, LuaError } from './errors.ts';
import type { ScriptHost, ScriptLimits, ScriptOutcome } from './host.ts';
import { environment } from './library.ts';
import { Machine } from './machine.ts';
import { formatNumber } from './number-format.ts';
import { toText } from './operations.ts';
import { LuaTable } from './table.ts';
import { LuaFunction, type LuaValue } from './value.ts';

export interface RunOptions {
  readonly keys: readonly ByteString[];
  readonly argv: readonly ByteString[];
  /** The SHA-1 of the script, which its errors name. */
  readonly sha1: ByteString;
  readonly host: ScriptHost;
  readonly limits: ScriptLimits;
  /** In which protocol replies of commands are converted at first: 2 as in Redis. */
  readonly protocol?: 2 | 3;
}

/**
 * Runs a script from beginning to end. An error that the script raises and does not catch is an
 * error reply, after which what it did stays done, as in Redis. If it reaches a limit, the
 * outcome is `limited`, and the caller undoes what it did.
 */
export function runScript(script: CompiledScript, options: RunOptions): ScriptOutcome {
  const { host, limits, keys, argv } = options;
  const protocol = options.protocol ?? 2;
  const machine = new Machine({ host, limits, keys, argv, protocol, environment });
  try {
    const main = new LuaFunction(undefined, script.code);
    const reply = toReply(machine, machine.invoke(main, [])[0]);
    return { reply, limited: false, stepCount: machine.stepCount };
  } catch (thrown) {
    return outcomeOf(machine, thrown, options.sha1);
  }
}

function outcomeOf(machine: Machine, thrown: unknown, sha1: ByteString): ScriptOutcome {
  if (!(thrown instanceof LuaError)) return stoppedBy(machine, thrown);
  try {
    const reply = errorReply(machine, thrown.value, sha1);
    return { reply, limited: false, stepCount: machine.stepCount };
  } catch (limit) {
    // The error's text was what it had no steps or memory left for.
    return stoppedBy(machine, limit);
  }
}

function stoppedBy({ stepCount }: Machine, thrown: unknown): ScriptOutcome {
  if (thrown instanceof LimitReached) {
    return { reply: error(`ERR ${thrown.message}`), limited: true, stepCount };
  }
  if (thrown instanceof RangeError) {
    // The stack of JavaScript, which the depth limit should have kept us from.
    return { reply: error('ERR Script stopped: stack overflow'), limited: true, stepCount };
  }
  throw thrown;
}

/**
 * The reply of an error that nobody caught: its text, the script, and the line (script.c,
 * luaCallFunction; the error handler of script_lua.c). A table with `err` is taken as it is, all
 * else is made text after `ERR`.
 */
function errorReply(machine: Machine, value: LuaValue, sha1: ByteString): Reply {
  const site = machine.frame?.site;
  const place = site === undefined ? '=[C]:-1' : `${site.chunk.source}:${site.line}`;
  const text =
    value instanceof LuaTable ? textOfTable(machine, value) : `ERR ${textOf(machine, value)}`;
  return error(oneLine(`${cString(text)} script: ${sha1}, on ${place}.`));
}

/** Redis 7.0 crashes if a script raises a table without `err`; here it is an error like others. */
function textOfTable(machine: Machine, table: LuaTable): string {
  return toText(machine, table.getText('err')) ?? 'ERR unknown error';
}

function textOf(machine: Machine, value: LuaValue): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return formatNumber(value);
  if (value === undefined) return 'nil';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  return value instanceof LuaFunction ? `function: ${machine.addressOf(value)}` : 'userdata: (nil)';
}
