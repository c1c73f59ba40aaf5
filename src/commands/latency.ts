import { EMPTY_ARRAY, ZERO } from '../resp/reply.ts';
import { type Command, type CommandInfo, NO_KEYS } from './command.ts';

const group = 'server';
const flags: CommandInfo['flags'] = ['admin', 'noscript', 'loading', 'stale'];

const history: Command = {
  name: 'latency|history',
  arity: 3,
  flags,
  keys: NO_KEYS,
  group,
  since: '2.8.13',
  summary: 'Lists the samples of an event: none.',
  complexity: 'O(1)',
  arguments: [{ name: 'event', type: 'string' }],
  runs: 'session',
  execute: () => EMPTY_ARRAY,
};

const latest: Command = {
  name: 'latency|latest',
  arity: 2,
  flags,
  keys: NO_KEYS,
  group,
  since: '2.8.13',
  summary: 'Lists the latest sample of every event: none.',
  complexity: 'O(1)',
  arguments: [],
  runs: 'session',
  execute: () => EMPTY_ARRAY,
};

const reset: Command = {
  name: 'latency|reset',
  arity: -2,
  flags,
  keys: NO_KEYS,
  group,
  since: '2.8.13',
  summary: 'Tells how many events it made forget their samples: 0.',
  complexity: 'O(1)',
  arguments: [{ name: 'event', type: 'string', optional: true, multiple: true }],
  runs: 'session',
  execute: () => ZERO,
};

/** redis.io/commands/latency, as a Redis answers whose latency-monitor-threshold is 0. */
export const latency: Command = {
  name: 'latency',
  arity: -2,
  flags: [],
  keys: NO_KEYS,
  group,
  since: '2.8.13',
  summary: 'Answers as a Redis whose latency monitor is off.',
  complexity: 'Depends on the subcommand.',
  arguments: [],
  subcommands: [history, latest, reset],
  runs: 'container',
};
