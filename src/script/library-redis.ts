import type { ByteString } from '../base/byte-string.ts';
import type { Reply } from '../resp/reply.ts';
import { truncated } from './arguments.ts';
import { cString } from './c-string.ts';
import { errorTable, fromReply, oneLine } from './convert.ts';
import { LuaError } from './errors.ts';
import { type Functions, sharedTable } from './library-table-builder.ts';
import type { Machine } from './machine.ts';
import { formatGeneral } from './number-format.ts';
import { toNumber, toText, writeNumberSteps } from './operations.ts';
import { replySteps } from './reply-steps.ts';
import { hashPlaceBytes, LuaTable, tableBytes } from './table.ts';
import { type LuaValue, NOTHING } from './value.ts';

/** `redis.*` (redis.io/docs/interact/programmability/lua-api), as Redis 7.0 has it. */
const redisFunctions: Functions = {
  call: (machine, args) => {
    const called = callCommand(machine, args);
    if (called.isError) throw new LuaError(called.value);
    return [called.value];
  },
  pcall: (machine, args) => [callCommand(machine, args).value],
  acl_check_cmd: (machine, args) => {
    machine.step(checkCommandSteps);
    const words = commandWords(machine, args);
    if (words instanceof LuaTable) throw new LuaError(words);
    if (!isCommand(machine, words)) {
      throw new LuaError(
        plainError(machine, 'ERR Invalid command passed to redis.acl_check_cmd()'),
      );
    }
    return [true];
  },
  breakpoint: () => [false],
  debug: () => NOTHING,
  error_reply: (machine, args) => [errorReply(machine, args)],
  log: (machine, args) => {
    machine.step(args.length);
    if (args.length < 2) throw raised(machine, 'redis.log() requires two arguments or more.');
    const level = toNumber(machine, args[0]);
    if (level === undefined) {
      throw raised(machine, 'First argument must be a number (log level).');
    }
    const wanted = truncated(level);
    if (wanted < 0 || wanted > 3) throw raised(machine, 'Invalid debug level.');
    const parts = args.slice(1).map((value) => toText(machine, value));
    const message = parts.filter((part) => part !== undefined).join(' ');
    machine.step(logSteps + message.length);
    machine.host.log(wanted, message.slice(0, logBytesMax));
    return NOTHING;
  },
  replicate_commands: () => [true],
  set_repl: (machine, args) => {
    if (args.length !== 1) throw raised(machine, 'redis.set_repl() requires two arguments.');
    const flags = truncated(toNumber(machine, args[0]) ?? 0);
    if (flags < 0 || flags > 3) {
      throw raised(
        machine,
        'Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.',
      );
    }
    return NOTHING;
  },
  setresp: (machine, args) => {
    if (args.length !== 1) throw raised(machine, 'redis.setresp() requires one argument.');
    const protocol = truncated(toNumber(machine, args[0]) ?? 0);
    if (protocol !== 2 && protocol !== 3) throw raised(machine, 'RESP version must be 2 or 3.');
    machine.protocol = protocol;
    machine.host.setProtocol(protocol);
    return NOTHING;
  },
  sha1hex: (machine, args) => {
    if (args.length !== 1) throw raised(machine, 'wrong number of arguments');
    const text = toText(machine, args[0]) ?? '';
    machine.step(sha1Steps + (text.length >>> 4));
    return [machine.text(machine.host.sha1Hex(text))];
  },
  status_reply: (machine, args) => {
    const [text] = args;
    if (args.length !== 1 || typeof text !== 'string') {
      return [plainError(machine, 'ERR wrong number or type of arguments')];
    }
    machine.stepBytes(text.length);
    return [tableOf(machine, 'ok', cString(text))];
  },
};

/** Steps of a line of the log, of a SHA-1, and of `acl_check_cmd`, beside those of the bytes. */
const logSteps = 500;
const sha1Steps = 80;
const checkCommandSteps = 500;

/** Bytes of one log line, as Redis (server.h, LOG_MAX_LEN). */
const logBytesMax = 1024;

const redisConstants = {
  LOG_DEBUG: 0,
  LOG_VERBOSE: 1,
  LOG_NOTICE: 2,
  LOG_WARNING: 3,
  REPL_NONE: 0,
  REPL_AOF: 1,
  REPL_SLAVE: 2,
  REPL_REPLICA: 2,
  REPL_ALL: 3,
};

/**
 * The table `redis`, without the two fields that hold the server's version: they are the host's
 * and come with `redisTable`.
 */
export const REDIS_LIBRARY = sharedTable(redisFunctions, redisConstants);

/** The table `redis` for servers that announce `version`. */
export function redisTable(version: ByteString): LuaTable {
  const known = tables.get(version);
  if (known !== undefined) return known;
  const [major = 0, minor = 0, patch = 0] = version
    .split('.')
    .map((part) => Number.parseInt(part, 10) || 0);
  const table = sharedTable(redisFunctions, {
    ...redisConstants,
    REDIS_VERSION: version,
    REDIS_VERSION_NUM: major * 0x10000 + minor * 0x100 + patch,
  });
  if (tables.size < versionCountMax) tables.set(version, table);
  return table;
}

const tables = new Map<ByteString, LuaTable>();
const versionCountMax = 16;

/** Whether the words begin with the name of a command, and of a subcommand if it has some. */
function isCommand(machine: Machine, [name = '', subcommand]: readonly ByteString[]): boolean {
  if (name.includes('|')) return false;
  const found = findCommandInfo(machine, name);
  if (found === undefined || subcommand === undefined) return found !== undefined;
  // The last of the fields that COMMAND INFO tells are the subcommands.
  const subcommands = found.at(-1);
  if (subcommands?.kind !== 'set' || subcommands.items.length === 0) return true;
  return findCommandInfo(machine, `${name}|${subcommand}`) !== undefined;
}

function findCommandInfo(machine: Machine, name: ByteString): readonly Reply[] | undefined {
  const reply = machine.host.call(['COMMAND', 'INFO', name], machine);
  machine.step(replySteps(reply));
  const [first] = reply.kind === 'array' ? reply.items : [];
  return first?.kind === 'array' ? first.items : undefined;
}

/** A command's reply as a value of the script. */
function callCommand(
  machine: Machine,
  args: LuaValue[],
): { readonly isError: boolean; readonly value: LuaValue } {
  const words = commandWords(machine, args);
  if (words instanceof LuaTable) return { isError: true, value: words };
  const reply = machine.host.call(words, machine);
  machine.step(replySteps(reply));
  if (reply.kind === 'error') return { isError: true, value: errorTable(machine, reply.text) };
  return { isError: false, value: fromReply(machine, reply) };
}

/** The words of a command, or what is wrong with them. */
function commandWords(machine: Machine, args: LuaValue[]): ByteString[] | LuaTable {
  if (args.length === 0) {
    return plainError(machine, 'ERR Please specify at least one argument for this redis lib call');
  }
  machine.step(args.length);
  const words: ByteString[] = [];
  for (const value of args) {
    if (typeof value === 'string') words.push(value);
    else if (typeof value === 'number') words.push(numberWord(machine, value));
    else {
      return plainError(machine, 'ERR Lua redis lib command arguments must be strings or integers');
    }
  }
  return words;
}

function numberWord(machine: Machine, value: number): ByteString {
  if (!Number.isSafeInteger(value)) machine.step(writeNumberSteps);
  return formatArgument(value);
}

/** `%.17g`: how Redis writes a number that is an argument (script_lua.c, redisArgs). */
function formatArgument(value: number): ByteString {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return `${value}`;
  return formatGeneral(value, 17, false);
}

function errorReply(machine: Machine, args: LuaValue[]): LuaTable {
  const [text] = args;
  if (args.length !== 1 || typeof text !== 'string') {
    return plainError(machine, 'ERR wrong number or type of arguments');
  }
  machine.stepBytes(text.length);
  const whole = cString(text);
  const message = whole.startsWith('-') ? whole.slice(1) : whole;
  const hasCode = message.includes(' ');
  return plainError(machine, hasCode ? message : `ERR ${message}`);
}

function plainError(machine: Machine, text: string): LuaTable {
  return tableOf(machine, 'err', text);
}

function tableOf(machine: Machine, name: string, value: LuaValue): LuaTable {
  machine.allocate(tableBytes + hashPlaceBytes);
  const table = new LuaTable(0, 1);
  table.set(name, value);
  return table;
}

/** An error of one of these functions: a table, as Redis raises it. */
function raised(machine: Machine, message: string): LuaError {
  return new LuaError(plainError(machine, `ERR ${oneLine(message)}`));
}
