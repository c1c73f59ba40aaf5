import { error } from '../resp/reply.ts';
import { type Command, type CommandInfo, NO_KEYS } from './command.ts';

/**
 * What Redis answers without cluster mode. Clients ask these commands to learn whether they talk
 * to Redis Cluster; they do not, because every node answers for all keys.
 */
const DISABLED = error('ERR This instance has cluster support disabled');

/** The subcommands that Redis 7 knows, so that no other error tells clients something else. */
const arities: Readonly<Record<string, number>> = {
  addslots: -3,
  addslotsrange: -4,
  bumpepoch: 2,
  'count-failure-reports': 3,
  countkeysinslot: 3,
  delslots: -3,
  delslotsrange: -4,
  failover: -2,
  flushslots: 2,
  forget: 3,
  getkeysinslot: 4,
  help: 2,
  info: 2,
  keyslot: 3,
  links: 2,
  meet: -4,
  myid: 2,
  myshardid: 2,
  nodes: 2,
  replicas: 3,
  replicate: 3,
  reset: -2,
  saveconfig: 2,
  'set-config-epoch': 3,
  setslot: -4,
  shards: 2,
  slaves: 3,
  slots: 2,
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
  subcommands: Object.entries(arities).map(([name, arity]) =>
    disabled({ name: `cluster|${name}`, arity, flags: ['stale'] }),
  ),
  runs: 'container',
};

/** redis.io/commands/asking */
export const asking = disabled({ name: 'asking', arity: 1, flags: ['fast'] });

/** redis.io/commands/readonly */
export const readonly = disabled({
  name: 'readonly',
  arity: 1,
  flags: ['loading', 'stale', 'fast'],
});

/** redis.io/commands/readwrite */
export const readwrite = disabled({
  name: 'readwrite',
  arity: 1,
  flags: ['loading', 'stale', 'fast'],
});

function disabled(info: Pick<CommandInfo, 'name' | 'arity' | 'flags'>): Command {
  return {
    ...info,
    keys: NO_KEYS,
    group: 'cluster',
    since: '3.0.0',
    summary: 'Answers that Redis Cluster is not spoken here.',
    complexity: 'O(1)',
    arguments: [],
    runs: 'session',
    execute: () => DISABLED,
  };
}
