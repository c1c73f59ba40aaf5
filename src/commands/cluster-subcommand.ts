import type { ByteString } from '../base/byte-string.ts';
import { error, type Reply } from '../resp/reply.ts';
import { type ClusterView, clusterOf } from './cluster-view.ts';
import { type ArgumentDoc, type Command, type CommandInfo, NO_KEYS } from './command.ts';
import type { SessionContext } from './context.ts';

/**
 * What Redis answers without cluster mode. Clients ask these commands to learn whether they talk
 * to Redis Cluster; to a node that runs alone they do not.
 */
export const DISABLED = error('ERR This instance has cluster support disabled');

type Answer = (view: ClusterView, context: SessionContext, args: readonly ByteString[]) => Reply;

/** What a command of Redis Cluster says about itself, beside what they all have in common. */
export type ClusterCommandInfo = Pick<CommandInfo, 'name' | 'flags' | 'since' | 'summary'> & {
  /** Words: `+` behind one stands for one or more of it, `?`: it may be left out. */
  readonly syntax?: string;
};

/** A command that answers from the view of the cluster, and `DISABLED` on a node alone. */
export function clusterCommand(info: ClusterCommandInfo, answer: Answer): Command {
  return {
    ...clusterCommandInfo(info),
    runs: 'session',
    execute: (context, args) => {
      const view = clusterOf(context.server);
      return view.enabled ? answer(view, context, args) : DISABLED;
    },
  };
}

/** Name, arity and documentation from the words of the syntax. */
export function clusterCommandInfo({ syntax = '', ...info }: ClusterCommandInfo): CommandInfo {
  const docs = syntax.split(' ').flatMap((word) => argumentOf(word) ?? []);
  const needed = docs.filter(({ optional }) => optional !== true);
  const words = info.name.split('|').length + needed.length;
  const open = docs.some(({ optional, multiple }) => optional === true || multiple === true);
  return {
    ...info,
    arity: open ? -words : words,
    keys: NO_KEYS,
    group: 'cluster',
    complexity: 'O(N) with N partitions',
    arguments: docs,
  };
}

function argumentOf(word: string): ArgumentDoc | undefined {
  const name = word.replace(/[+?]$/, '');
  if (name === '') return undefined;
  if (word.endsWith('+')) return { name, type: 'string', multiple: true };
  return word.endsWith('?') ? { name, type: 'string', optional: true } : { name, type: 'string' };
}
