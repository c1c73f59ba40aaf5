import { ByteReader } from '../base/byte-reader.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import { FencepostError } from '../base/errors.ts';
import { type Configuration, type ReplicaId, replicaIdOf } from './types.ts';

/**
 * A configuration as bytes: the payload of its log entry, and a part of every checkpoint. The
 * version, then voters, outgoing and learners, each as a count and that many replica ids.
 */
const version = 1;
/** Replicas of one list; far more than a group has. */
const memberCountMax = 256;

export function encodeConfiguration(configuration: Configuration): Buffer {
  const writer = new ByteWriter(64);
  writer.u8(version);
  for (const ids of [configuration.voters, configuration.outgoing, configuration.learners]) {
    writer.varint(ids.length);
    for (const id of ids) writer.varint(id);
  }
  return writer.take();
}

/** @throws FencepostError `DATA_DAMAGED` if the bytes are not what was encoded */
export function decodeConfiguration(bytes: Buffer): Configuration {
  const reader = new ByteReader(bytes);
  if (reader.u8() !== version) throw damaged('has an unknown version');
  const voters = readIds(reader);
  const outgoing = readIds(reader);
  const learners = readIds(reader);
  if (!reader.done) throw damaged('is followed by other bytes');
  return { voters, outgoing, learners };
}

function readIds(reader: ByteReader): readonly ReplicaId[] {
  const count = reader.varint();
  if (count > memberCountMax) throw damaged(`has ${count} members`);
  const ids: ReplicaId[] = [];
  for (let at = 0; at < count; at += 1) ids.push(replicaIdOf(reader.varint()));
  return ids;
}

function damaged(what: string): FencepostError {
  return new FencepostError('DATA_DAMAGED', `an encoded configuration ${what}`);
}
