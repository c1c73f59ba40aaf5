import { error, type Reply, ZERO } from '../resp/reply.ts';
import { type Command, NO_KEYS } from './command.ts';
import { NOT_AN_INTEGER, parseInteger } from './integer-argument.ts';

const TIMEOUT_NOT_AN_INTEGER = error('ERR timeout is not an integer or out of range');
const TIMEOUT_NEGATIVE = error('ERR timeout is negative');

/**
 * redis.io/commands/wait. A server alone has no replicas to wait for, and replies of earlier
 * writes of the session already say that they are durable; so it answers 0 at once.
 */
export const wait: Command = {
  name: 'wait',
  arity: 3,
  flags: ['noscript'],
  keys: NO_KEYS,
  group: 'generic',
  since: '3.0.0',
  summary: 'Tells how many Redis replicas have the writes of the connection: none.',
  complexity: 'O(1)',
  arguments: [
    { name: 'numreplicas', type: 'integer' },
    { name: 'timeout', type: 'integer' },
  ],
  runs: 'session',
  execute: (_context, [, replicas = '', timeout = '']): Reply => {
    if (parseInteger(replicas) === undefined) return NOT_AN_INTEGER;
    const timeoutMs = parseInteger(timeout);
    if (timeoutMs === undefined) return TIMEOUT_NOT_AN_INTEGER;
    return timeoutMs < 0 ? TIMEOUT_NEGATIVE : ZERO;
  },
};
