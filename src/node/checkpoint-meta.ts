import { ByteReader } from '../base/byte-reader.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import { FencepostError } from '../base/errors.ts';
import { decodeConfiguration, encodeConfiguration } from '../raft/configuration-codec.ts';
import type { Configuration } from '../raft/types.ts';

/** What a checkpoint says besides its rows: of the group, and of the keyspace. */
export interface CheckpointMeta {
  /** The members of the group as of the checkpoint's index. */
  readonly configuration: Configuration | undefined;
  /** See `restoreMeta` of the keyspace; undefined in the checkpoint that founds a group. */
  readonly keyspace: Buffer | undefined;
}

/** Version 1 was that of the keyspace alone, from before there were groups of several. */
const KEYSPACE_ALONE = 1;
const FORMAT_VERSION = 2;

export function encodeCheckpointMeta({
  configuration,
  keyspace,
}: CheckpointMeta & { readonly configuration: Configuration }): Buffer {
  const writer = new ByteWriter(256);
  const members = encodeConfiguration(configuration);
  writer.u8(FORMAT_VERSION);
  writer.varint(members.length);
  writer.bytes(members);
  writer.bytes(keyspace ?? Buffer.alloc(0));
  return writer.take();
}

/** @throws FencepostError `DATA_FORMAT` or `DATA_DAMAGED` */
export function decodeCheckpointMeta(meta: Buffer): CheckpointMeta {
  const reader = new ByteReader(meta);
  const version = reader.u8();
  if (version === KEYSPACE_ALONE) return { configuration: undefined, keyspace: meta };
  if (version !== FORMAT_VERSION) {
    throw new FencepostError('DATA_FORMAT', `format ${version} of checkpoints is not known`);
  }
  const configuration = decodeConfiguration(reader.bytes(reader.varint()));
  const keyspace = meta.subarray(reader.offset);
  return { configuration, keyspace: keyspace.length === 0 ? undefined : keyspace };
}
