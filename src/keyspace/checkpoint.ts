import { ByteReader } from '../base/byte-reader.ts';
import { type ByteString, bytesOf } from '../base/byte-string.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import { FencepostError } from '../base/errors.ts';
import type { Base } from './base.ts';
import { decodeLease, encodeLease } from './effect-codec.ts';
import type { FrozenLease } from './frozen-leases.ts';
import { tokenOf } from './lease.ts';

/**
 * A checkpoint of a base: the rows that changed since the one before, and what the base is
 * besides its rows. Rows are `l`, database, key for a lease and `s`, SHA-1 for a script.
 *
 * The rows may be encoded later and in slices, once: what is written is the base as it was when
 * the checkpoint was taken, see `FrozenLeases`.
 */
export interface BaseCheckpoint {
  readonly meta: Buffer;
  readonly changes: Iterable<readonly [Buffer, Buffer | undefined]>;
}

export type Row = readonly [Buffer, Buffer];

const FORMAT_VERSION = 1;
const LEASE_ROW = 'l'.charCodeAt(0);
const SCRIPT_ROW = 's'.charCodeAt(0);

/** Takes a checkpoint of the base as it is now; the changes count as taken from here on. */
export function takeCheckpoint(base: Base): BaseCheckpoint {
  const taken = base.takeChanges();
  const scripts = [...taken.scripts].map((sha1) => [sha1, base.scripts.get(sha1)] as const);
  return { meta: encodeMeta(base), changes: rowsOf(taken.leases.read(), scripts) };
}

/** Puts one row of a checkpoint into an empty base. */
export function restoreRow(base: Base, [rowKey, value]: Row): void {
  const kind = rowKey[0];
  if (kind === LEASE_ROW) {
    const db = rowKey[1] ?? 0;
    base.restoreLease(decodeLease(db, rowKey.toString('latin1', 2), value));
  } else if (kind === SCRIPT_ROW) {
    base.restoreScript(rowKey.toString('latin1', 1), value.toString('latin1'));
  } else {
    throw new FencepostError('DATA_DAMAGED', `a row of the state has the unknown kind ${kind}`);
  }
}

/**
 * Completes a restored base with what the checkpoint says besides its rows.
 *
 * @throws FencepostError `DATA_DAMAGED` if the rows are not those that the checkpoint wrote
 */
export function restoreMeta(base: Base, meta: Buffer): void {
  const reader = new ByteReader(meta);
  const version = reader.u8();
  if (version !== FORMAT_VERSION) {
    throw new FencepostError('DATA_FORMAT', `format ${version} of checkpoints is not known`);
  }
  base.restoreToken(tokenOf(reader.varint()));
  const digest = reader.string();
  if (digest !== base.stateDigest) {
    throw new FencepostError(
      'DATA_DAMAGED',
      `the state hash of the checkpoint is ${digest}, of its rows ${base.stateDigest}`,
    );
  }
}

function encodeMeta(base: Base): Buffer {
  const writer = new ByteWriter(64);
  writer.u8(FORMAT_VERSION);
  writer.varint(base.lastToken);
  writer.string(base.stateDigest);
  return writer.take();
}

function* rowsOf(
  leases: Iterable<FrozenLease>,
  scripts: readonly (readonly [ByteString, ByteString | undefined])[],
): Iterable<readonly [Buffer, Buffer | undefined]> {
  for (const { db, key, lease } of leases) {
    yield [leaseRowKey(db, key), lease === undefined ? undefined : encodeLease(lease)];
  }
  for (const [sha1, source] of scripts) {
    const rowKey = Buffer.from(`s${sha1}`, 'latin1');
    yield [rowKey, source === undefined ? undefined : bytesOf(source)];
  }
}

function leaseRowKey(db: number, key: ByteString): Buffer {
  const rowKey = Buffer.allocUnsafe(key.length + 2);
  rowKey[0] = LEASE_ROW;
  rowKey[1] = db;
  rowKey.write(key, 2, 'latin1');
  return rowKey;
}
