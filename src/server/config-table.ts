import { limits } from '../base/limits.ts';
import type { Setting } from './setting.ts';

/*
 * Every setting of the server, in the order in which the README and `serve --help` show those
 * that have a flag. This table is the only place where a setting is described.
 */

const int32Max = 2_147_483_647;
const gigabyte = 1024 ** 3;

/** Settings that an operator chooses. */
const choices = [
  {
    name: 'bind',
    flag: 'host',
    placeholder: 'addresses',
    kind: 'text',
    pattern: /\S/,
    expectation: 'argument must name at least one address',
    initial: '127.0.0.1',
    changes: 'start',
    summary: 'Addresses to listen on, separated by spaces or commas; `*`: all of IPv4',
  },
  {
    name: 'port',
    flag: 'port',
    placeholder: 'number',
    kind: 'integer',
    min: 0,
    max: 65_535,
    initial: '7379',
    changes: 'start',
    summary: 'TCP port; 0 takes any free one',
  },
  {
    name: 'dir',
    flag: 'data',
    placeholder: 'folder',
    kind: 'text',
    pattern: /./,
    expectation: 'argument must name a folder',
    initial: './data',
    changes: 'start',
    summary: 'Folder of the log and the state; made if it is missing',
  },
  {
    name: 'partitions',
    flag: 'partitions',
    placeholder: 'number',
    kind: 'integer',
    min: 0,
    max: 256,
    initial: '0',
    changes: 'start',
    summary: 'Partitions of the key slots, fixed by the first start; 0: those there are, or 1',
  },
  {
    name: 'node-id',
    flag: 'node-id',
    placeholder: 'number',
    kind: 'integer',
    min: 0,
    max: 1_000_000,
    initial: '0',
    changes: 'start',
    summary: 'Number of this node in a cluster, for its first start; 0: a node alone',
  },
  {
    name: 'peers',
    flag: 'peers',
    placeholder: 'list',
    kind: 'text',
    pattern: /^$|^[1-9][0-9]{0,6}=[^\s,=]+:[0-9]{1,5}(,[1-9][0-9]{0,6}=[^\s,=]+:[0-9]{1,5})*$/,
    expectation: "argument must be a list such as '1=10.0.0.1:17379,2=10.0.0.2:17379'",
    initial: '',
    changes: 'start',
    summary: 'Peer addresses of the nodes, `1=host:17379,2=…`, for the first start',
  },
  {
    name: 'peer-port',
    flag: 'peer-port',
    placeholder: 'number',
    kind: 'integer',
    min: 0,
    max: 65_535,
    initial: '0',
    changes: 'start',
    summary: 'Port for the other nodes; 0: the one that `--peers` gives this node',
  },
  {
    name: 'peer-bind',
    flag: 'peer-host',
    placeholder: 'address',
    kind: 'text',
    initial: '',
    changes: 'start',
    summary: 'Address to listen on for the other nodes; empty: the host in `--peers`',
  },
  {
    name: 'cluster-secret-file',
    flag: 'cluster-secret-file',
    placeholder: 'file',
    kind: 'text',
    initial: '',
    changes: 'start',
    summary: 'File with the secret that all nodes share; without it peers must be on loopback',
  },
  {
    name: 'join',
    flag: 'join',
    placeholder: 'yes|no',
    kind: 'yes-no',
    initial: 'no',
    changes: 'start',
    summary: 'Whether `--peers` are a cluster already, to which this node is going to be added',
  },
  {
    name: 'announce',
    flag: 'announce',
    placeholder: 'host:port',
    kind: 'text',
    pattern: /^$|^\S+:[0-9]{1,5}$/,
    expectation: 'argument must be a host and a port such as 10.0.0.1:7379',
    initial: '',
    changes: 'start',
    summary: 'Address that cluster clients are told; empty: where this node listens',
  },
  {
    name: 'requirepass',
    flag: 'requirepass',
    placeholder: 'password',
    kind: 'text',
    initial: '',
    changes: 'live',
    summary: 'Password that clients send by AUTH or HELLO; empty: none',
  },
  {
    name: 'requirepass-file',
    flag: 'requirepass-file',
    placeholder: 'file',
    kind: 'text',
    initial: '',
    changes: 'start',
    summary: 'File whose first line is the password, so that no process list shows it',
  },
  {
    name: 'protected-mode',
    flag: 'protected-mode',
    placeholder: 'yes|no',
    kind: 'yes-no',
    initial: 'yes',
    changes: 'live',
    summary: 'Without a password, serve only clients on this machine',
  },
  {
    name: 'maxclients',
    flag: 'maxclients',
    placeholder: 'number',
    kind: 'integer',
    min: 1,
    max: 1_000_000,
    initial: String(limits.sessionCountMax),
    changes: 'live',
    summary: 'Connections at a time; more are refused',
  },
  {
    name: 'timeout',
    flag: 'timeout',
    placeholder: 'seconds',
    kind: 'integer',
    min: 0,
    max: int32Max,
    initial: '0',
    changes: 'live',
    summary: 'Close a connection that was idle for so long; 0: never',
  },
  {
    name: 'tcp-keepalive',
    flag: 'tcp-keepalive',
    placeholder: 'seconds',
    kind: 'integer',
    min: 0,
    max: int32Max,
    initial: '300',
    changes: 'live',
    summary: 'Probe silent connections after so long; 0: never',
  },
  {
    name: 'lease-guard',
    flag: 'lease-guard',
    placeholder: 'percent',
    kind: 'integer',
    min: 0,
    max: 100,
    initial: '1',
    changes: 'start',
    summary: 'Added to the time of every lease, for clocks that do not run alike',
  },
  {
    name: 'fsync',
    flag: 'fsync',
    placeholder: 'mode',
    kind: 'choice',
    choices: ['auto', 'on-loop', 'asynchronous'],
    initial: 'auto',
    changes: 'start',
    summary: 'How the log is synced, always before a reply: `auto`, `on-loop` or `asynchronous`',
  },
  {
    name: 'redis-version',
    flag: 'redis-version',
    placeholder: 'version',
    kind: 'text',
    pattern: /^[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}$/,
    expectation: 'argument must be a version such as 8.4.0',
    initial: '8.4.0',
    changes: 'start',
    summary: 'Version of Redis that HELLO and INFO announce; clients choose commands by it',
  },
  {
    name: 'loglevel',
    flag: 'log-level',
    placeholder: 'level',
    kind: 'choice',
    choices: ['debug', 'info', 'warn', 'error', 'silent'],
    initial: 'info',
    changes: 'live',
    summary: 'What is logged: `debug`, `info`, `warn`, `error` or `silent`',
  },
  {
    name: 'log-format',
    flag: 'log-format',
    placeholder: 'text|json',
    kind: 'choice',
    choices: ['text', 'json'],
    initial: 'text',
    changes: 'start',
    summary: 'Lines for people, or one JSON object a line',
  },
  {
    name: 'slowlog-log-slower-than',
    flag: 'slowlog-log-slower-than',
    placeholder: 'microseconds',
    kind: 'integer',
    min: -1,
    max: Number.MAX_SAFE_INTEGER,
    initial: '10000',
    changes: 'live',
    summary: 'Commands that run longer enter the slow log; -1: none',
  },
  {
    name: 'slowlog-max-len',
    flag: 'slowlog-max-len',
    placeholder: 'number',
    kind: 'integer',
    min: 0,
    max: limits.slowlogLengthMax,
    initial: '128',
    changes: 'live',
    summary: 'Entries that the slow log keeps',
  },
  {
    name: 'client-query-buffer-limit',
    flag: 'client-query-buffer-limit',
    placeholder: 'bytes',
    kind: 'bytes',
    min: limits.argumentBytesMax,
    max: gigabyte,
    initial: String(limits.queryBytesMax),
    changes: 'start',
    summary: 'Bytes of requests that one connection may have waiting',
  },
  {
    name: 'output-buffer-limit',
    flag: 'output-buffer-limit',
    placeholder: 'bytes',
    kind: 'bytes',
    min: limits.argumentBytesMax,
    max: gigabyte,
    initial: String(limits.outputBytesMax),
    changes: 'start',
    summary: 'Bytes of replies that one connection may leave unread before it is closed',
  },
] as const satisfies readonly Setting[];

/** What clients of Redis ask for and Fencepost has no choice about. */
const facts = [
  fact('appendfsync', 'always', 'Every change is synced before its reply'),
  fact('appendonly', 'yes', 'Every change is written to a log'),
  fact('cluster-enabled', 'no', 'Clients connect as to one Redis'),
  fact('databases', String(limits.databaseCount), 'Databases for SELECT'),
  fact('latency-monitor-threshold', '0', 'There is no latency monitor'),
  fact('maxmemory', '0', 'Memory is not limited by evicting'),
  fact('maxmemory-policy', 'noeviction', 'A lease is never evicted'),
  fact('notify-keyspace-events', '', 'There are no keyspace notifications'),
  fact('proto-max-bulk-len', String(limits.argumentBytesMax), 'Bytes of one argument'),
  fact('replica-read-only', 'yes', 'As Redis answers on a master'),
  fact('save', '', 'There are no RDB snapshots'),
  fact('slave-read-only', 'yes', 'As Redis answers on a master'),
] as const;

export const settings = [...choices, ...facts] as const;

/** A setting that can be chosen when the server starts. */
export type ChosenSetting = (typeof choices)[number];
export const chosenSettings: readonly ChosenSetting[] = choices;

type NameOfKind<Kind> = Extract<(typeof choices)[number], { readonly kind: Kind }>['name'];
export type NumberName = NameOfKind<'integer'> | NameOfKind<'bytes'>;
export type YesNoName = NameOfKind<'yes-no'>;
export type TextName = NameOfKind<'text'> | NameOfKind<'choice'>;

/** The variable of the environment that a flag can be given by. */
export function variableOf({ flag }: Pick<ChosenSetting, 'flag'>): string {
  return `FENCEPOST_${flag.toUpperCase().replaceAll('-', '_')}`;
}

function fact(name: string, initial: string, summary: string) {
  return { name, kind: 'text', initial, changes: 'never', summary } as const;
}
