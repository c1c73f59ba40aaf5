import { assertNever } from '../base/assert.ts';
import { ByteReader } from '../base/byte-reader.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import { FencepostError } from '../base/errors.ts';
import type { Effect } from './effect.ts';
import { type Lease, leaseOf, NEVER, tokenOf } from './lease.ts';

/**
 * The bytes of effects in a log entry, and of a lease in a checkpoint.
 *
 * The first byte is the version of the format; each effect begins with a byte for its kind, which
 * is never reused. A new version adds a reader and keeps the old ones: logs outlive upgrades.
 */
const FORMAT_VERSION = 1;

const kindCodes = {
  put: 1,
  replace: 2,
  move: 3,
  delete: 4,
  expire: 5,
  flush: 6,
  publish: 7,
  script: 8,
  'forget-scripts': 9,
  'raise-token': 10,
} as const;

const writer = new ByteWriter(64 * 1024);

/** Encodes the effects of one turn, in their order. */
export function encodeEffects(effects: readonly Effect[]): Buffer {
  writer.u8(FORMAT_VERSION);
  for (const effect of effects) encodeEffect(effect);
  return writer.take();
}

/**
 * @param payload what `encodeEffects` of this or an older version returned
 * @throws FencepostError `DATA_DAMAGED` or `DATA_FORMAT`
 */
export function decodeEffects(payload: Buffer): Effect[] {
  const reader = new ByteReader(payload);
  checkVersion(reader.u8());
  const effects: Effect[] = [];
  while (!reader.done) effects.push(decodeEffect(reader));
  return effects;
}

/** The value under which a checkpoint keeps a lease; its key says database and name. */
export function encodeLease(lease: Lease): Buffer {
  writer.u8(FORMAT_VERSION);
  writeLeaseBody(lease);
  return writer.take();
}

export function decodeLease(db: number, key: string, bytes: Buffer): Lease {
  const reader = new ByteReader(bytes);
  checkVersion(reader.u8());
  return readLeaseBody(reader, db, key);
}

function encodeEffect(effect: Effect): void {
  switch (effect.kind) {
    case 'put':
      writer.u8(effect.minted ? kindCodes.put : kindCodes.replace);
      return writeLease(effect.lease);
    case 'move':
      writer.u8(kindCodes.move);
      return writeLease(effect.lease);
    case 'delete':
      writer.u8(kindCodes.delete);
      writer.u8(effect.db);
      return writer.string(effect.key);
    case 'expire':
      writer.u8(kindCodes.expire);
      writer.u8(effect.db);
      writer.string(effect.key);
      return writer.varint(effect.token);
    case 'flush':
      writer.u8(kindCodes.flush);
      return writer.u8(effect.db);
    case 'publish':
      writer.u8(kindCodes.publish);
      writer.string(effect.channel);
      return writer.string(effect.message);
    case 'script':
      writer.u8(kindCodes.script);
      writer.string(effect.sha1);
      return writer.string(effect.source);
    case 'forget-scripts':
      return writer.u8(kindCodes['forget-scripts']);
    case 'raise-token':
      writer.u8(kindCodes['raise-token']);
      return writer.varint(effect.token);
    default:
      return assertNever(effect);
  }
}

function decodeEffect(reader: ByteReader): Effect {
  const code = reader.u8();
  switch (code) {
    case kindCodes.put:
      return { kind: 'put', lease: readLease(reader), minted: true };
    case kindCodes.replace:
      return { kind: 'put', lease: readLease(reader), minted: false };
    case kindCodes.move:
      return { kind: 'move', lease: readLease(reader) };
    case kindCodes.delete:
      return { kind: 'delete', db: reader.u8(), key: reader.string() };
    case kindCodes.expire:
      return {
        kind: 'expire',
        db: reader.u8(),
        key: reader.string(),
        token: tokenOf(reader.varint()),
      };
    case kindCodes.flush:
      return { kind: 'flush', db: reader.u8() };
    case kindCodes.publish:
      return { kind: 'publish', channel: reader.string(), message: reader.string() };
    case kindCodes.script:
      return { kind: 'script', sha1: reader.string(), source: reader.string() };
    case kindCodes['forget-scripts']:
      return { kind: 'forget-scripts' };
    case kindCodes['raise-token']:
      return { kind: 'raise-token', token: tokenOf(reader.varint()) };
    default:
      throw new FencepostError('DATA_FORMAT', `effect kind ${code} is not known to this version`);
  }
}

function writeLease(lease: Lease): void {
  writer.u8(lease.db);
  writer.string(lease.key);
  writeLeaseBody(lease);
}

function readLease(reader: ByteReader): Lease {
  const db = reader.u8();
  return readLeaseBody(reader, db, reader.string());
}

/** The end is written as its distance from `expiresAtMs`, which is the margin for clock rates. */
function writeLeaseBody(lease: Lease): void {
  writer.string(lease.value);
  writer.varint(lease.token);
  writer.varint(lease.expiresAtMs);
  writer.varint(lease.endsAtMs - lease.expiresAtMs);
  writer.string(lease.requestId);
}

function readLeaseBody(reader: ByteReader, db: number, key: string): Lease {
  const value = reader.string();
  const token = tokenOf(reader.varint());
  const expiresAtMs = reader.varint();
  const guardMs = reader.varint();
  const endsAtMs = expiresAtMs === NEVER ? NEVER : expiresAtMs + guardMs;
  const requestId = reader.string();
  return leaseOf({ db, key, value, token, expiresAtMs, endsAtMs, requestId });
}

function checkVersion(version: number): void {
  if (version !== FORMAT_VERSION) {
    throw new FencepostError('DATA_FORMAT', `format ${version} of effects is not known`);
  }
}
