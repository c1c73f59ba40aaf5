import { array, bulk, bulks, error, integer, OK, type Reply } from '../resp/reply.ts';
import { type Command, type CommandInfo, NO_KEYS } from './command.ts';
import { parseInteger } from './integer-argument.ts';
import type { SlowlogEntry } from './server-port.ts';

const group = 'server';
const flags: CommandInfo['flags'] = ['admin', 'loading', 'stale'];

const BAD_COUNT = error('ERR count should be greater than or equal to -1');

/** As Redis, when SLOWLOG GET names no count. */
const entryCountUsual = 10;

const get: Command = {
  name: 'slowlog|get',
  arity: -2,
  flags,
  keys: NO_KEYS,
  group,
  since: '2.2.12',
  summary: 'Tells the newest entries of the slow log; -1 means all.',
  complexity: 'O(N) with N entries',
  arguments: [{ name: 'count', type: 'integer', optional: true }],
  runs: 'session',
  execute: ({ server }, [, name = '', given, ...more]): Reply => {
    if (more.length > 0) {
      const text = `unknown subcommand or wrong number of arguments for '${name}'`;
      return error(`ERR ${text}. Try SLOWLOG HELP.`);
    }
    const count = given === undefined ? entryCountUsual : parseInteger(given);
    if (count === undefined || count < -1) return BAD_COUNT;
    return array(server.slowlog.entries(Number(count)).map(entryReply));
  },
};

const len: Command = {
  name: 'slowlog|len',
  arity: 2,
  flags,
  keys: NO_KEYS,
  group,
  since: '2.2.12',
  summary: 'Counts the entries of the slow log.',
  complexity: 'O(1)',
  arguments: [],
  runs: 'session',
  execute: ({ server }) => integer(server.slowlog.length),
};

const reset: Command = {
  name: 'slowlog|reset',
  arity: 2,
  flags,
  keys: NO_KEYS,
  group,
  since: '2.2.12',
  summary: 'Empties the slow log.',
  complexity: 'O(N) with N entries',
  arguments: [],
  runs: 'session',
  execute: ({ server }) => {
    server.slowlog.reset();
    return OK;
  },
};

/** redis.io/commands/slowlog */
export const slowlog: Command = {
  name: 'slowlog',
  arity: -2,
  flags: [],
  keys: NO_KEYS,
  group,
  since: '2.2.12',
  summary: 'Tells which commands ran longest of late.',
  complexity: 'Depends on the subcommand.',
  arguments: [],
  subcommands: [get, len, reset],
  runs: 'container',
};

function entryReply(entry: SlowlogEntry): Reply {
  return array([
    integer(entry.id),
    integer(entry.atSeconds),
    integer(entry.durationMicros),
    bulks(entry.args),
    bulk(entry.peerAddress),
    bulk(entry.clientName),
  ]);
}
