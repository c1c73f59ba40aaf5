import { assert } from '../base/assert.ts';
import type { ByteString } from '../base/byte-string.ts';
import { type Command, type CommandTable, ownNameOf } from './command.ts';
import { helpOf } from './container-help.ts';
import { SpellingMap } from './spelling-map.ts';

/**
 * The table of these commands, in which every container also has HELP.
 *
 * @param commands the top-level commands, each name once
 */
export function createCommandTable(commands: readonly Command[]): CommandTable {
  return new NamedCommands(commands.map(withHelp));
}

class NamedCommands implements CommandTable {
  readonly all: readonly Command[];
  readonly #byName: SpellingMap<Command>;
  readonly #subcommands = new Map<Command, SpellingMap<Command>>();

  constructor(commands: readonly Command[]) {
    this.all = commands.toSorted(byName);
    const named = new Map<ByteString, Command>();
    for (const command of commands) {
      assert(!named.has(command.name), `the name ${command.name} stands for one command`);
      named.set(command.name, command);
      if (command.subcommands === undefined) continue;
      const own = command.subcommands.map((each) => [ownNameOf(each), each] as const);
      this.#subcommands.set(command, new SpellingMap(new Map(own)));
    }
    this.#byName = new SpellingMap(named);
  }

  find(args: readonly ByteString[]): Command | undefined {
    const command = this.findByName(args[0] ?? '');
    if (command?.subcommands === undefined || args.length === 1) return command;
    return this.#subcommands.get(command)?.find(args[1] ?? '');
  }

  findByName(name: ByteString): Command | undefined {
    return this.#byName.find(name);
  }
}

/** CLUSTER has a HELP of its own, which answers as the rest of it. */
function withHelp(command: Command): Command {
  const { name, subcommands } = command;
  if (subcommands === undefined) return command;
  for (const each of subcommands) {
    assert(each.name.startsWith(`${name}|`), `${each.name} names its container`);
  }
  if (subcommands.some((each) => ownNameOf(each) === 'help')) return command;
  return { ...command, subcommands: [...subcommands, helpOf(command)].sort(byName) };
}

function byName(first: Command, second: Command): number {
  return first.name < second.name ? -1 : 1;
}
