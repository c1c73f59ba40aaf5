import type { ByteString } from '../base/byte-string.ts';
import { array, type Reply, simple } from '../resp/reply.ts';
import { type Command, type CommandGroup, NO_KEYS } from './command.ts';

/**
 * The HELP subcommand of a container, as Redis formats it.
 *
 * @param lines a usage, then lines that are indented by four spaces
 */
export function helpCommand(
  container: ByteString,
  since: string,
  lines: readonly ByteString[],
): Command {
  const reply = helpReply(container, lines);
  return {
    name: `${container}|help`,
    arity: 2,
    flags: ['loading', 'stale'],
    keys: NO_KEYS,
    group: groupOf[container] ?? 'server',
    since,
    summary: `Lists the subcommands of ${container.toUpperCase()}.`,
    complexity: 'O(1)',
    arguments: [],
    runs: 'session',
    execute: () => reply,
  };
}

const groupOf: Readonly<Record<string, CommandGroup>> = {
  object: 'generic',
  script: 'scripting',
};

function helpReply(container: ByteString, lines: readonly ByteString[]): Reply {
  const title = `${container.toUpperCase()} <subcommand> [<arg> [value] [opt] ...].`;
  const texts = [`${title} Subcommands are:`, ...lines, 'HELP', '    Prints this help.'];
  return array(texts.map(simple));
}
