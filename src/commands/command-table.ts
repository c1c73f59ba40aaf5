import { assert } from '../base/assert.ts';
import { asciiLower, type ByteString } from '../base/byte-string.ts';
import type { Command, CommandTable } from './command.ts';

/**
 * Spellings that are remembered. A client writes a command in one way for ever; all the ways in
 * which upper and lower case can be mixed must not fill the memory.
 */
const spellingCountMax = 1024;

/**
 * @param commands the top-level commands, each name once
 */
export function createCommandTable(commands: readonly Command[]): CommandTable {
  return new NamedCommands(commands);
}

class NamedCommands implements CommandTable {
  readonly all: readonly Command[];
  readonly #byName = new Map<ByteString, Command>();
  readonly #bySpelling = new Map<ByteString, Command>();
  readonly #subcommands = new Map<Command, ReadonlyMap<ByteString, Command>>();

  constructor(commands: readonly Command[]) {
    this.all = [...commands].sort((first, second) => (first.name < second.name ? -1 : 1));
    for (const command of commands) {
      assert(!this.#byName.has(command.name), `the name ${command.name} stands for one command`);
      this.#byName.set(command.name, command);
      if (command.subcommands !== undefined) {
        this.#subcommands.set(command, namedSubcommands(command));
      }
    }
  }

  find(args: readonly ByteString[]): Command | undefined {
    const command = this.findByName(args[0] ?? '');
    if (command?.subcommands === undefined || args.length === 1) return command;
    return this.#subcommands.get(command)?.get(asciiLower(args[1] ?? ''));
  }

  findByName(name: ByteString): Command | undefined {
    const known = this.#bySpelling.get(name);
    if (known !== undefined) return known;
    const command = this.#byName.get(asciiLower(name));
    if (command !== undefined && this.#bySpelling.size < spellingCountMax) {
      this.#bySpelling.set(name, command);
    }
    return command;
  }
}

/** Subcommands by their own names: `list` for `client|list`. */
function namedSubcommands(command: Command): ReadonlyMap<ByteString, Command> {
  const named = new Map<ByteString, Command>();
  for (const subcommand of command.subcommands ?? []) {
    const [parent, own = ''] = subcommand.name.split('|');
    assert(parent === command.name && own !== '', `${subcommand.name} names its container`);
    named.set(own, subcommand);
  }
  return named;
}
