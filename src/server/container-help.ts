import { type ArgumentDoc, type Command, NO_KEYS } from '../commands/command.ts';
import { array, type Reply, simple } from '../resp/reply.ts';

/** `CLIENT HELP` and its like: a line for each subcommand, and one that explains it. */
export function helpOf(container: Command): Command {
  return {
    name: `${container.name}|help`,
    arity: 2,
    flags: ['loading', 'stale'],
    keys: NO_KEYS,
    group: container.group,
    since: '5.0.0',
    summary: 'Tells about the subcommands.',
    complexity: 'O(1)',
    arguments: [],
    runs: 'session',
    execute: () => helpText(container),
  };
}

function helpText(container: Command): Reply {
  const title = `${container.name.toUpperCase()} <subcommand> [<arg> [value] [opt] ...].`;
  const lines = [`${title} Subcommands are:`];
  for (const subcommand of container.subcommands ?? []) {
    const name = subcommand.name.slice(container.name.length + 1).toUpperCase();
    lines.push([name, ...subcommand.arguments.map(syntaxOf)].join(' '));
    lines.push(`    ${subcommand.summary}`);
  }
  lines.push('HELP', '    Prints this help.');
  return array(lines.map(simple));
}

/** An argument as manuals write it: `<key>`, `[NX | XX]`, `[COUNT <count>]`. */
function syntaxOf(argument: ArgumentDoc): string {
  const many = argument.multiple === true ? ` [${argument.name} ...]` : '';
  const text = `${bareSyntaxOf(argument)}${many}`;
  return argument.optional === true ? `[${text}]` : text;
}

function bareSyntaxOf(argument: ArgumentDoc): string {
  const token = argument.token === undefined ? '' : `${argument.token} `;
  const inner = argument.arguments ?? [];
  switch (argument.type) {
    case 'pure-token':
      return argument.token ?? argument.name.toUpperCase();
    case 'oneof':
      return `${token}(${inner.map(syntaxOf).join('|')})`;
    case 'block':
      return `${token}${inner.map(syntaxOf).join(' ')}`;
    default:
      return `${token}<${argument.name}>`;
  }
}
