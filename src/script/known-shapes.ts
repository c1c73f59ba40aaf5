import type { ByteString } from '../base/byte-string.ts';
import { limits } from '../base/limits.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';
import { integer, OK, ONE, type Reply, ZERO } from '../resp/reply.ts';

/**
 * What lock scripts do, by shape. Each function does exactly what the interpreter would do with a
 * script of its shape: it reads the same keys in the same order and leaves the same effects.
 * It answers undefined, before it has touched anything, for a call that is not the ordinary one:
 * then the interpreter runs the script, and its errors are the interpreter's.
 */
export type NativeScript = (
  keyspace: Keyspace,
  db: number,
  keys: readonly ByteString[],
  argv: readonly ByteString[],
) => Reply | undefined;

/** More than a lock takes; so few keys and so short owners never bring a script to a limit. */
const keyCountMax = 64;
const ownerBytesMax = 64 * 1024;
/** Up to so many digits a time is exact in a double and below the longest that commands take. */
const timeDigitsMax = 15;
const databasePattern = /^(?:0|[1-9]\d?)$/;
const ZERO_CODE = 48;
const NINE_CODE = 57;

/** KEYS: the lock. ARGV: its owner. Frees the lock if the owner holds it. */
export const compareAndDelete: NativeScript = (keyspace, db, keys, argv) => {
  const [key, owner] = [keys[0], argv[0]];
  if (key === undefined || owner === undefined || keys.length !== 1 || argv.length !== 1) {
    return undefined;
  }
  if (!areShort(keys)) return undefined;
  if (keyspace.read(db, key)?.value !== owner) return ZERO;
  keyspace.delete(db, key);
  return ONE;
};

/** KEYS: the lock. ARGV: its owner, ms. Lets the lock end then if the owner holds it. */
export const compareAndPexpire: NativeScript = (keyspace, db, keys, argv) => {
  const [key, owner, time] = [keys[0], argv[0], argv[1]];
  if (key === undefined || owner === undefined || time === undefined) return undefined;
  if (keys.length !== 1 || argv.length !== 2 || !areShort(keys)) return undefined;
  const ms = positiveMs(time);
  if (ms === undefined) return undefined;
  const lease = keyspace.read(db, key);
  if (lease?.value !== owner) return ZERO;
  keyspace.moveEnd(lease, keyspace.nowMs + ms);
  return ONE;
};

/** KEYS: the lock, ms, its owner. Sets the lock anew, for that time, if the owner holds it. */
export const compareAndSetByKeys: NativeScript = (keyspace, db, keys, argv) => {
  const [key, time, owner] = keys;
  if (key === undefined || time === undefined || owner === undefined) return undefined;
  if (keys.length !== 3 || argv.length !== 0 || !areShort(keys)) return undefined;
  const ms = positiveMs(time);
  if (ms === undefined) return undefined;
  if (keyspace.read(db, key)?.value !== owner) return ZERO;
  keyspace.put(db, key, owner, keyspace.nowMs + ms);
  return OK;
};

/** KEYS: locks. ARGV: owner, ms. Takes all of them if all are free. */
export const acquireAll: NativeScript = (keyspace, db, keys, argv) => {
  const grant = readGrant(keys, argv);
  if (grant === undefined) return undefined;
  for (const key of keys) if (keyspace.read(db, key) !== undefined) return ZERO;
  return putAll(keyspace, db, keys, grant);
};

/** KEYS: locks. ARGV: owner, ms. Sets all of them anew if the owner holds all. */
export const extendAll: NativeScript = (keyspace, db, keys, argv) => {
  const grant = readGrant(keys, argv);
  if (grant === undefined) return undefined;
  for (const key of keys) if (keyspace.read(db, key)?.value !== grant.owner) return ZERO;
  return putAll(keyspace, db, keys, grant);
};

/** KEYS: locks. ARGV: owner. Frees those that the owner holds, and counts them. */
export const releaseAll: NativeScript = (keyspace, db, keys, argv) => {
  const owner = argv[0];
  if (owner === undefined || argv.length !== 1 || !isOrdinary(keys)) return undefined;
  let count = 0;
  for (const key of keys) {
    if (keyspace.read(db, key)?.value !== owner) continue;
    keyspace.delete(db, key);
    count += 1;
  }
  return integer(count);
};

/** The script that first selects the database that ARGV begins with. */
export function inDatabase(run: NativeScript): NativeScript {
  return (keyspace, _db, keys, argv) => {
    const [index = ''] = argv;
    if (!databasePattern.test(index) || Number(index) >= limits.databaseCount) return undefined;
    return run(keyspace, Number(index), keys, argv.slice(1));
  };
}

interface Grant {
  readonly owner: ByteString;
  readonly ms: number;
}

function readGrant(keys: readonly ByteString[], argv: readonly ByteString[]): Grant | undefined {
  const [owner, time] = argv;
  if (owner === undefined || time === undefined || argv.length !== 2) return undefined;
  if (!isOrdinary(keys) || owner.length > ownerBytesMax) return undefined;
  const ms = positiveMs(time);
  return ms === undefined ? undefined : { owner, ms };
}

/** A key that is named twice is set twice, as by the loops of the scripts. */
function putAll(
  keyspace: Keyspace,
  db: number,
  keys: readonly ByteString[],
  { owner, ms }: Grant,
): Reply {
  const expiresAtMs = keyspace.nowMs + ms;
  for (const key of keys) keyspace.put(db, key, owner, expiresAtMs);
  return integer(keys.length);
}

function isOrdinary(keys: readonly ByteString[]): boolean {
  return keys.length > 0 && keys.length <= keyCountMax && areShort(keys);
}

/** Commands refuse longer keys with an error, which is the interpreter's to tell. */
function areShort(keys: readonly ByteString[]): boolean {
  for (const key of keys) if (key.length > limits.keyBytesMax) return false;
  return true;
}

/** A positive whole number of ms in plain digits; anything else is not for here. */
function positiveMs(text: ByteString): number | undefined {
  if (text.length === 0 || text.length > timeDigitsMax) return undefined;
  if (text.charCodeAt(0) === ZERO_CODE) return undefined;
  let ms = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < ZERO_CODE || code > NINE_CODE) return undefined;
    ms = ms * 10 + (code - ZERO_CODE);
  }
  return ms;
}
