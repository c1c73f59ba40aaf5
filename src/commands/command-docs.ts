import { array, bulk, integer, type Reply, simple } from '../resp/reply.ts';
import type { ArgumentDoc, Command } from './command.ts';

type Entry = readonly [Reply, Reply];

/** What COMMAND DOCS says of commands, by name (redis.io/commands/command-docs). */
export function docsReply(commands: readonly Command[]): Reply {
  return { kind: 'map', entries: commands.map(namedDocs) };
}

/** Made once for each command: whoever asks for many of them, or often, takes no more memory. */
const docsOf = new WeakMap<Command, Entry>();

function namedDocs(command: Command): Entry {
  let docs = docsOf.get(command);
  if (docs === undefined) {
    docs = makeDocs(command);
    docsOf.set(command, docs);
  }
  return docs;
}

function makeDocs(command: Command): Entry {
  const { name, summary, since, group, complexity, subcommands = [] } = command;
  const entries: Entry[] = [
    [bulk('summary'), bulk(summary)],
    [bulk('since'), bulk(since)],
    [bulk('group'), bulk(group)],
    [bulk('complexity'), bulk(complexity)],
  ];
  if (command.arguments.length > 0) {
    entries.push([bulk('arguments'), array(command.arguments.map(argumentReply))]);
  }
  if (subcommands.length > 0) entries.push([bulk('subcommands'), docsReply(subcommands)]);
  return [bulk(name), { kind: 'map', entries }];
}

/** Documents of arguments are constants of ours and nest a few levels deep. */
function argumentReply(argument: ArgumentDoc): Reply {
  const { name, type, token, optional, multiple } = argument;
  const entries: Entry[] = [
    [bulk('name'), bulk(name)],
    [bulk('type'), bulk(type)],
  ];
  if (type === 'key') entries.push([bulk('key_spec_index'), integer(0)]);
  if (token !== undefined) entries.push([bulk('token'), bulk(token)]);
  const flags = [...(optional ? ['optional'] : []), ...(multiple ? ['multiple'] : [])];
  if (flags.length > 0) entries.push([bulk('flags'), { kind: 'set', items: flags.map(simple) }]);
  if (argument.arguments !== undefined) {
    entries.push([bulk('arguments'), array(argument.arguments.map(argumentReply))]);
  }
  return { kind: 'map', entries };
}
