import type { Command, CommandFlag, CommandGroup, CommandTable } from './command.ts';

/** The categories of Redis' ACL in their order, and ours for leases. */
export const categories = [
  'keyspace',
  'read',
  'write',
  'set',
  'sortedset',
  'list',
  'hash',
  'string',
  'bitmap',
  'hyperloglog',
  'geo',
  'stream',
  'pubsub',
  'admin',
  'fast',
  'slow',
  'blocking',
  'dangerous',
  'connection',
  'transaction',
  'scripting',
  'lease',
] as const;

export type Category = (typeof categories)[number];

const byGroup: Readonly<Partial<Record<CommandGroup, Category>>> = {
  lease: 'lease',
  string: 'string',
  generic: 'keyspace',
  scripting: 'scripting',
  transactions: 'transaction',
  pubsub: 'pubsub',
  connection: 'connection',
};

/** Where Redis puts a command into another category than its group says. */
const byName: Readonly<Record<string, Category>> = {
  asking: 'connection',
  command: 'connection',
  dbsize: 'keyspace',
  flushall: 'keyspace',
  flushdb: 'keyspace',
  readonly: 'connection',
  readwrite: 'connection',
  wait: 'connection',
};

const byFlag: Readonly<Partial<Record<CommandFlag, readonly Category[]>>> = {
  readonly: ['read'],
  write: ['write'],
  pubsub: ['pubsub'],
  admin: ['admin', 'dangerous'],
  blocking: ['blocking'],
};

/** No flag tells it of these: they look at all keys or at the server. */
const besideFlags: Readonly<Record<string, readonly Category[]>> = {
  flushall: ['dangerous'],
  flushdb: ['dangerous'],
  info: ['dangerous'],
  keys: ['dangerous'],
  role: ['admin', 'dangerous'],
};

/** The categories of a command, in the order of `categories`. */
export function categoriesOf({ name, flags, group, runs }: Command): readonly Category[] {
  const found = new Set<Category>(flags.flatMap((flag) => byFlag[flag] ?? []));
  found.add(flags.includes('fast') ? 'fast' : 'slow');
  for (const category of besideFlags[name] ?? []) found.add(category);
  const [container = ''] = name.split('|');
  const own = byName[container] ?? byGroup[group];
  // A container is in no category of its own: its subcommands are.
  if (own !== undefined && runs !== 'container') found.add(own);
  return categories.filter((category) => found.has(category));
}

/** Every command and subcommand, containers before their own. */
export function commandsAndSubcommands(commands: CommandTable): readonly Command[] {
  return commands.all.flatMap((command) => [command, ...(command.subcommands ?? [])]);
}
