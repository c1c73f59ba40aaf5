import type { ArgumentDoc, KeyPositions } from './command.ts';

/** Arguments that several commands have, for COMMAND DOCS. */
export const KEY: ArgumentDoc = { name: 'key', type: 'key' };
export const KEYS: ArgumentDoc = { name: 'key', type: 'key', multiple: true };
export const NEW_KEY: ArgumentDoc = { name: 'newkey', type: 'key' };
export const VALUE: ArgumentDoc = { name: 'value', type: 'string' };
export const OWNER: ArgumentDoc = { name: 'owner', type: 'string' };
export const TTL_MS: ArgumentDoc = { name: 'ttl-ms', type: 'integer' };

/** The key of a subcommand stands behind its name. */
export const SUBCOMMAND_KEY: KeyPositions = { first: 2, last: 2, step: 1 };

/** `key value` as often as wanted (MSET). */
export const KEYS_AND_VALUES: ArgumentDoc = {
  name: 'data',
  type: 'block',
  multiple: true,
  arguments: [KEY, VALUE],
};

/** An option that stands alone. */
export function word(token: string): ArgumentDoc {
  return { name: token.toLowerCase(), type: 'pure-token', token };
}

/** At most one of `choices`. */
export function optionalChoice(name: string, choices: readonly ArgumentDoc[]): ArgumentDoc {
  return { name, type: 'oneof', optional: true, arguments: choices };
}

/** EX, PX, EXAT and PXAT of SET and GETEX. */
export const EXPIRY_CHOICES: readonly ArgumentDoc[] = [
  { name: 'seconds', type: 'integer', token: 'EX' },
  { name: 'milliseconds', type: 'integer', token: 'PX' },
  { name: 'unix-time-seconds', type: 'unix-time', token: 'EXAT' },
  { name: 'unix-time-milliseconds', type: 'unix-time', token: 'PXAT' },
];

/** NX, XX, GT and LT of EXPIRE and its kin. */
export const EXPIRE_CONDITION: ArgumentDoc = optionalChoice(
  'condition',
  ['NX', 'XX', 'GT', 'LT'].map(word),
);

/** ASYNC or SYNC of FLUSHALL, FLUSHDB and SCRIPT FLUSH. */
export const FLUSH_MODE: ArgumentDoc = optionalChoice('flush-type', ['ASYNC', 'SYNC'].map(word));
