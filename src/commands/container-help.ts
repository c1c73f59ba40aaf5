import { array, type Reply, simple } from '../resp/reply.ts';
import { type ArgumentDoc, type Command, NO_KEYS, ownNameOf } from './command.ts';

/**
 * HELP of a container, as Redis formats it: a line for each subcommand, and one that explains it,
 * both from what the subcommands say of themselves. The command table adds it to every container.
 */
export function helpOf(container: Command): Command {
  return {
    name: `${container.name}|help`,
    arity: 2,
    flags: ['loading', 'stale'],
    keys: NO_KEYS,
    group: container.group,
    since: '5.0.0',
    summary: `Lists the subcommands of ${container.name.toUpperCase()}.`,
    complexity: 'O(1)',
    arguments: [],
    runs: 'session',
    execute: () => helpText(container),
  };
}

function helpText({ name, subcommands = [] }: Command): Reply {
  const title = `${name.toUpperCase()} <subcommand> [<arg> [value] [opt] ...].`;
  const lines = [`${title} Subcommands are:`];
  for (const subcommand of subcommands) {
    const syntax = [ownNameOf(subcommand).toUpperCase(), ...subcommand.arguments.map(syntaxOf)];
    lines.push(syntax.join(' '), `    ${subcommand.summary}`);
  }
  lines.push('HELP', '    Prints this help.');
  return array(lines.map(simple));
}

/** An argument as manuals write it: `<key>`, `[<channel> [channel ...]]`, `[(NX|XX)]`. */
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
