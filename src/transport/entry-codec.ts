import type { ByteReader } from '../base/byte-reader.ts';
import type { ByteWriter } from '../base/byte-writer.ts';
import { FencepostError } from '../base/errors.ts';
import {
  type Configuration,
  type Entry,
  type EntryKind,
  indexOf,
  type ReplicaId,
  replicaIdOf,
  termOf,
} from '../raft/types.ts';

/** A kind's code is its place here; none is ever taken out. */
const entryKinds: readonly EntryKind[] = ['noop', 'effects', 'time', 'configuration'];

export function writeEntry(writer: ByteWriter, entry: Entry): void {
  writer.varint(entry.index);
  writer.varint(entry.term);
  writer.varint(entry.timeMs);
  writer.u8(entryKinds.indexOf(entry.kind));
  writer.varint(entry.payload.length);
  writer.bytes(entry.payload);
}

/** @throws FencepostError `DATA_DAMAGED` or `PEER_PROTOCOL` */
export function readEntry(reader: ByteReader): Entry {
  const index = indexOf(reader.varint());
  const term = termOf(reader.varint());
  const timeMs = reader.varint();
  const kind = entryKinds[reader.u8()];
  if (kind === undefined) throw new FencepostError('PEER_PROTOCOL', 'an entry of unknown kind');
  // A copy: entries stay in memory for long, and would keep the whole frame with them.
  const payload = Buffer.from(reader.bytes(reader.varint()));
  return { index, term, timeMs, kind, payload };
}

export function writeConfiguration(writer: ByteWriter, configuration: Configuration): void {
  writeReplicas(writer, configuration.voters);
  writeReplicas(writer, configuration.outgoing);
  writeReplicas(writer, configuration.learners);
}

export function readConfiguration(reader: ByteReader): Configuration {
  const voters = readReplicas(reader);
  const outgoing = readReplicas(reader);
  return { voters, outgoing, learners: readReplicas(reader) };
}

function writeReplicas(writer: ByteWriter, replicas: readonly ReplicaId[]): void {
  writer.varint(replicas.length);
  for (const replica of replicas) writer.varint(replica);
}

function readReplicas(reader: ByteReader): readonly ReplicaId[] {
  const count = reader.varint();
  const replicas: ReplicaId[] = [];
  // A count without its replicas ends at the end of the bytes.
  for (let at = 0; at < count; at += 1) replicas.push(replicaIdOf(reader.varint()));
  return replicas;
}
