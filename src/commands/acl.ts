import { asciiLower, type ByteString } from '../base/byte-string.ts';
import { bulk, bulks, type ErrorReply, error, type Reply } from '../resp/reply.ts';
import { type Command, type CommandInfo, NO_KEYS } from './command.ts';
import { categories, categoriesOf, commandsAndSubcommands } from './command-categories.ts';

const group = 'server';
const flags: CommandInfo['flags'] = ['noscript', 'loading', 'stale'];

const cat: Command = {
  name: 'acl|cat',
  arity: -2,
  flags,
  keys: NO_KEYS,
  group,
  since: '6.0.0',
  summary: 'Lists the categories of commands, or the commands of one.',
  complexity: 'O(N) with N commands',
  arguments: [{ name: 'category', type: 'string', optional: true }],
  runs: 'session',
  execute: ({ commands }, args): Reply => {
    const [, subcommand, asked, ...more] = args;
    if (more.length > 0) return wrongArguments(subcommand ?? '');
    if (asked === undefined) return bulks(categories);
    const category = categories.find((each) => each === asciiLower(asked));
    if (category === undefined) return error(`ERR Unknown category '${asked}'`);
    const found = commandsAndSubcommands(commands).filter((each) =>
      categoriesOf(each).includes(category),
    );
    return bulks(found.map(({ name }) => name));
  },
};

function wrongArguments(subcommand: ByteString): ErrorReply {
  const subject = `'${subcommand}'. Try ACL HELP.`;
  return error(`ERR unknown subcommand or wrong number of arguments for ${subject}`);
}

const users: Command = {
  name: 'acl|users',
  arity: 2,
  flags: ['admin', ...flags],
  keys: NO_KEYS,
  group,
  since: '6.0.0',
  summary: 'Lists the users: there is one, `default`.',
  complexity: 'O(1)',
  arguments: [],
  runs: 'session',
  execute: () => bulks(['default']),
};

const whoami: Command = {
  name: 'acl|whoami',
  arity: 2,
  flags,
  keys: NO_KEYS,
  group,
  since: '6.0.0',
  summary: 'Tells the user of this connection: `default`.',
  complexity: 'O(1)',
  arguments: [],
  runs: 'session',
  execute: () => bulk('default'),
};

/** redis.io/commands/acl, as far as clients ask. There are no users but `default`. */
export const acl: Command = {
  name: 'acl',
  arity: -2,
  flags: [],
  keys: NO_KEYS,
  group,
  since: '6.0.0',
  summary: 'Tells about the one user and the categories of commands.',
  complexity: 'Depends on the subcommand.',
  arguments: [],
  subcommands: [cat, users, whoami],
  runs: 'container',
};
