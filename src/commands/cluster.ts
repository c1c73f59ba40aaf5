import { error } from '../resp/reply.ts';
import { type ArgumentDoc, type Command, type CommandInfo, NO_KEYS } from './command.ts';

/**
 * What Redis answers without cluster mode. Clients ask these commands to learn whether they talk
 * to Redis Cluster; they do not, because every node answers for all keys.
 */
const DISABLED = error('ERR This instance has cluster support disabled');

/**
 * The subcommands of Redis 7 with the arguments that they take there, so that clients never get
 * another error. `+` behind an argument: one or more of it; `?`: it may be left out.
 */
const forClients: Readonly<Record<string, string>> = {
  countkeysinslot: 'slot',
  getkeysinslot: 'slot count',
  info: '',
  keyslot: 'key',
  links: '',
  myid: '',
  myshardid: '',
  nodes: '',
  shards: '',
  slots: '',
};

const forReplicas: Readonly<Record<string, string>> = {
  'count-failure-reports': 'node-id',
  replicas: 'node-id',
  slaves: 'node-id',
};

const forOperators: Readonly<Record<string, string>> = {
  addslots: 'slot+',
  addslotsrange: 'start-slot end-slot+',
  bumpepoch: '',
  delslots: 'slot+',
  delslotsrange: 'start-slot end-slot+',
  failover: 'options?',
  flushslots: '',
  forget: 'node-id',
  meet: 'ip port+',
  replicate: 'node-id',
  saveconfig: '',
  'set-config-epoch': 'config-epoch',
  setslot: 'slot subcommand+',
};

/** redis.io/commands/cluster */
export const cluster: Command = {
  name: 'cluster',
  arity: -2,
  flags: [],
  keys: NO_KEYS,
  group: 'cluster',
  since: '3.0.0',
  summary: 'Answers that Redis Cluster is not spoken here.',
  complexity: 'O(1)',
  arguments: [],
  subcommands: [
    ...subcommands(forClients, ['stale']),
    ...subcommands(forReplicas, ['admin', 'stale']),
    ...subcommands(forOperators, ['admin', 'no_async_loading', 'stale']),
    ...subcommands({ reset: 'hard-soft?' }, ['admin', 'noscript', 'stale']),
    ...subcommands({ help: '' }, ['loading', 'stale']),
  ],
  runs: 'container',
};

/** redis.io/commands/asking */
export const asking = disabled('asking', ['fast'], '');

/** redis.io/commands/readonly */
export const readonly = disabled('readonly', ['loading', 'stale', 'fast'], '');

/** redis.io/commands/readwrite */
export const readwrite = disabled('readwrite', ['loading', 'stale', 'fast'], '');

function subcommands(
  syntaxes: Readonly<Record<string, string>>,
  flags: CommandInfo['flags'],
): readonly Command[] {
  return Object.entries(syntaxes).map(([name, syntax]) =>
    disabled(`cluster|${name}`, flags, syntax),
  );
}

function disabled(name: string, flags: CommandInfo['flags'], syntax: string): Command {
  const docs = syntax.split(' ').flatMap((word) => argumentOf(word) ?? []);
  const needed = docs.filter(({ optional }) => optional !== true);
  const words = name.split('|').length + needed.length;
  const open = docs.some(({ optional, multiple }) => optional === true || multiple === true);
  return {
    name,
    arity: open ? -words : words,
    flags,
    keys: NO_KEYS,
    group: 'cluster',
    since: '3.0.0',
    summary: 'Answers that Redis Cluster is not spoken here.',
    complexity: 'O(1)',
    arguments: docs,
    runs: 'session',
    execute: () => DISABLED,
  };
}

function argumentOf(word: string): ArgumentDoc | undefined {
  const name = word.replace(/[+?]$/, '');
  if (name === '') return undefined;
  if (word.endsWith('+')) return { name, type: 'string', multiple: true };
  return word.endsWith('?') ? { name, type: 'string', optional: true } : { name, type: 'string' };
}
