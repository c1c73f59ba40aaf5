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

const byFlag: Readonly<Partial<Record<CommandFlag, readonly Category[]>>> = {
  readonly: ['read'],
  write: ['write'],
  pubsub: ['pubsub'],
  admin: ['admin', 'dangerous'],
  blocking: ['blocking'],
};

/** Not marked as `admin`, but named so by Redis: they look at all keys or at the server. */
const alsoDangerous = new Set(['flushall', 'flushdb', 'info', 'keys', 'role']);

/** The categories of a command, in the order of `categories`. */
export function categoriesOf({ name, flags, group, runs }: Command): readonly Category[] {
  const found = new Set<Category>(flags.flatMap((flag) => byFlag[flag] ?? []));
  found.add(flags.includes('fast') ? 'fast' : 'slow');
  // A container is in no category of its own: its subcommands are.
  const own = runs === 'container' ? undefined : byGroup[group];
  if (own !== undefined) found.add(own);
  if (alsoDangerous.has(name)) found.add('dangerous');
  return categories.filter((category) => found.has(category));
}

/** Every command and subcommand, containers before their own. */
export function commandsAndSubcommands(commands: CommandTable): readonly Command[] {
  return commands.all.flatMap((command) => [command, ...(command.subcommands ?? [])]);
}
