import { array, bulk, integer, type Reply, simple } from '../resp/reply.ts';
import type { Command } from './command.ts';
import { categoriesOf } from './command-categories.ts';

/** Made once for each command: whoever asks for many of them, or often, takes no more memory. */
const infoOf = new WeakMap<Command, Reply>();

/** What COMMAND INFO says of one command (redis.io/commands/command). */
export function infoReply(command: Command): Reply {
  let info = infoOf.get(command);
  if (info === undefined) {
    info = makeInfo(command);
    infoOf.set(command, info);
  }
  return info;
}

function makeInfo(command: Command): Reply {
  const { name, arity, flags, keys } = command;
  return array([
    bulk(name),
    integer(arity),
    simpleSet(flags),
    integer(keys.first),
    integer(keys.last),
    integer(keys.step),
    simpleSet(categoriesOf(command).map((category) => `@${category}`)),
    setOf([]),
    setOf(keySpecifications(command)),
    setOf((command.subcommands ?? []).map(infoReply)),
  ]);
}

/** What a command does with its keys, as COMMAND GETKEYSANDFLAGS tells it. */
export function keyFlags({ flags }: Command): Reply {
  return simpleSet(flags.includes('write') ? ['RW', 'access', 'update'] : ['RO', 'access']);
}

/** Keys at positions that depend on the arguments are told by GETKEYS only. */
function keySpecifications(command: Command): readonly Reply[] {
  const { first, last, step, find } = command.keys;
  if (first === 0 || find !== undefined) return [];
  const range = map({
    lastkey: integer(last < 0 ? last : last - first),
    keystep: integer(step),
    limit: integer(0),
  });
  return [
    map({
      flags: keyFlags(command),
      begin_search: map({ type: bulk('index'), spec: map({ index: integer(first) }) }),
      find_keys: map({ type: bulk('range'), spec: range }),
    }),
  ];
}

function map(fields: Readonly<Record<string, Reply>>): Reply {
  return {
    kind: 'map',
    entries: Object.entries(fields).map(([name, value]) => [bulk(name), value] as const),
  };
}

function setOf(items: readonly Reply[]): Reply {
  return { kind: 'set', items };
}

function simpleSet(words: readonly string[]): Reply {
  return setOf(words.map(simple));
}
