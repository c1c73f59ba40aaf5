import { ByteReader } from '../base/byte-reader.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import { FencepostError } from '../base/errors.ts';
import { indexOf, type ReplicaId, replicaIdOf, type Term, termOf } from '../raft/types.ts';
import type { KeyAndValue, RecoveredCheckpoint } from '../store/store-port.ts';

/**
 * What two nodes say to each other while one sends a snapshot. A transfer is numbered by its
 * sender; its parts arrive in order, because a link keeps the order and a new link knows no old
 * transfers.
 */
export type SnapshotPart =
  | {
      readonly kind: 'begin';
      readonly transfer: number;
      readonly partition: number;
      readonly from: ReplicaId;
      readonly to: ReplicaId;
      /** Of the leader, and of its view of the follower (see `InstallSnapshot`). */
      readonly term: Term;
      readonly session: number;
      readonly checkpoint: RecoveredCheckpoint;
    }
  | { readonly kind: 'rows'; readonly transfer: number; readonly rows: readonly KeyAndValue[] }
  | { readonly kind: 'end'; readonly transfer: number }
  /** The receiver's answers: it has taken a part in, or it gives the transfer up. */
  | { readonly kind: 'taken'; readonly transfer: number }
  | { readonly kind: 'given-up'; readonly transfer: number };

const kindCodes = { begin: 1, rows: 2, end: 3, taken: 4, 'given-up': 5 } as const;

export function encodeSnapshotPart(part: SnapshotPart): Buffer {
  const writer = new ByteWriter(part.kind === 'rows' ? 64 * 1024 : 256);
  writer.u8(kindCodes[part.kind]);
  writer.varint(part.transfer);
  if (part.kind === 'begin') {
    const { checkpoint } = part;
    for (const number of [part.partition, part.from, part.to, part.term, part.session]) {
      writer.varint(number);
    }
    writer.varint(checkpoint.index);
    writer.varint(checkpoint.term);
    writer.varint(checkpoint.timeMs);
    writeBytes(writer, checkpoint.meta);
  } else if (part.kind === 'rows') {
    writer.varint(part.rows.length);
    for (const [key, value] of part.rows) {
      writeBytes(writer, key);
      writeBytes(writer, value);
    }
  }
  return writer.take();
}

/** @throws FencepostError `DATA_DAMAGED` or `DATA_FORMAT` */
export function decodeSnapshotPart(body: Buffer): SnapshotPart {
  const reader = new ByteReader(body);
  const code = reader.u8();
  const transfer = reader.varint();
  switch (code) {
    case kindCodes.begin:
      return { kind: 'begin', transfer, ...readBegin(reader) };
    case kindCodes.rows:
      return { kind: 'rows', transfer, rows: readRows(reader) };
    case kindCodes.end:
      return { kind: 'end', transfer };
    case kindCodes.taken:
      return { kind: 'taken', transfer };
    case kindCodes['given-up']:
      return { kind: 'given-up', transfer };
    default:
      throw new FencepostError('DATA_FORMAT', `part ${code} of a snapshot is not known`);
  }
}

function readBegin(reader: ByteReader) {
  const partition = reader.varint();
  const from = replicaIdOf(reader.varint());
  const to = replicaIdOf(reader.varint());
  const term = termOf(reader.varint());
  const session = reader.varint();
  const index = indexOf(reader.varint());
  const checkpointTerm = termOf(reader.varint());
  const timeMs = reader.varint();
  const meta = readBytes(reader);
  const checkpoint = { index, term: checkpointTerm, timeMs, meta };
  return { partition, from, to, term, session, checkpoint };
}

function readRows(reader: ByteReader): readonly KeyAndValue[] {
  const rows: KeyAndValue[] = [];
  const count = reader.varint();
  for (let at = 0; at < count; at += 1) rows.push([readBytes(reader), readBytes(reader)]);
  return rows;
}

function writeBytes(writer: ByteWriter, bytes: Buffer): void {
  writer.varint(bytes.length);
  writer.bytes(bytes);
}

function readBytes(reader: ByteReader): Buffer {
  return reader.bytes(reader.varint());
}
