import { assertNever } from '../base/assert.ts';
import { ByteReader } from '../base/byte-reader.ts';
import type { ByteWriter } from '../base/byte-writer.ts';
import { FencepostError } from '../base/errors.ts';
import { replicaIdOf } from '../raft/types.ts';
import { readMessage, writeMessage } from './message-codec.ts';
import type { OpaqueKind, Packet, RaftPacket } from './packet.ts';

/*
 * The body of a frame is a sequence of items; an empty one only shows that the sender lives. An
 * item is a packet, a piece of a packet that is too large for one frame, or the receiver's count
 * of what has arrived.
 */

/**
 * Packets that keep their order among each other. `ordered`: requests, replies and control;
 * `bulk`: snapshots and large entries. Each has a window of its own (see `send-queue.ts`).
 */
export const lanes = ['ordered', 'bulk'] as const;
export type Lane = (typeof lanes)[number];

export type Item =
  | { readonly kind: 'packet'; readonly packet: Packet }
  | Piece
  | { readonly kind: 'received'; readonly byteCounts: Readonly<Record<Lane, number>> };

/** Bytes of an encoded packet, in order; `last` ends it. */
export interface Piece {
  readonly kind: 'piece';
  readonly lane: Lane;
  readonly last: boolean;
  readonly bytes: Buffer;
}

const codes = { raft: 1, request: 2, reply: 3, snapshot: 4, control: 5, piece: 6, received: 7 };
const opaqueKinds = new Map<number, OpaqueKind>([
  [codes.request, 'request'],
  [codes.reply, 'reply'],
  [codes.snapshot, 'snapshot'],
  [codes.control, 'control'],
]);

/** Bytes of the items before the body of an opaque packet, at most: code and length. */
export const itemHeadBytesMax = 12;

export function writePacket(writer: ByteWriter, packet: Packet): void {
  if (packet.kind === 'raft') return writeRaft(writer, packet);
  writer.u8(codes[packet.kind]);
  writer.varint(packet.body.length);
  writer.bytes(packet.body);
}

export function writePiece(writer: ByteWriter, piece: Piece): void {
  writer.u8(codes.piece);
  writer.u8(lanes.indexOf(piece.lane) * 2 + (piece.last ? 1 : 0));
  writer.varint(piece.bytes.length);
  writer.bytes(piece.bytes);
}

/** @param byteCounts bytes of each lane that have arrived since the link began */
export function writeReceived(writer: ByteWriter, byteCounts: Readonly<Record<Lane, number>>) {
  writer.u8(codes.received);
  for (const lane of lanes) writer.varint(byteCounts[lane]);
}

/**
 * The items of one frame. Opaque bodies and pieces are views of `body`.
 *
 * @throws FencepostError `DATA_DAMAGED` or `PEER_PROTOCOL`: then none of it counts
 */
export function decodeItems(body: Buffer): Item[] {
  const reader = new ByteReader(body);
  const items: Item[] = [];
  while (!reader.done) items.push(readItem(reader));
  return items;
}

/** A packet that came in pieces. */
export function decodePacket(bytes: Buffer): Packet {
  const [item, ...rest] = decodeItems(bytes);
  if (item?.kind === 'packet' && rest.length === 0) return item.packet;
  throw new FencepostError('PEER_PROTOCOL', 'pieces that are no packet');
}

/** The lane of a packet that takes part in flow control; small packets of raft do not. */
export function laneOf(packet: Packet): Lane | undefined {
  switch (packet.kind) {
    case 'raft':
      return undefined;
    case 'snapshot':
      return 'bulk';
    case 'request':
    case 'reply':
    case 'control':
      return 'ordered';
    default:
      return assertNever(packet);
  }
}

function writeRaft(writer: ByteWriter, packet: RaftPacket): void {
  writer.u8(codes.raft);
  writer.varint(packet.partition);
  writer.varint(packet.from);
  writer.varint(packet.to);
  writeMessage(writer, packet.message);
}

function readItem(reader: ByteReader): Item {
  const code = reader.u8();
  if (code === codes.raft) return { kind: 'packet', packet: readRaft(reader) };
  if (code === codes.piece) return readPiece(reader);
  if (code === codes.received) {
    const ordered = reader.varint();
    return { kind: 'received', byteCounts: { ordered, bulk: reader.varint() } };
  }
  const kind = opaqueKinds.get(code);
  if (kind === undefined) throw new FencepostError('PEER_PROTOCOL', `an item of kind ${code}`);
  return { kind: 'packet', packet: { kind, body: reader.bytes(reader.varint()) } };
}

function readRaft(reader: ByteReader): RaftPacket {
  return {
    kind: 'raft',
    partition: reader.varint(),
    from: replicaIdOf(reader.varint()),
    to: replicaIdOf(reader.varint()),
    message: readMessage(reader),
  };
}

function readPiece(reader: ByteReader): Piece {
  const flags = reader.u8();
  const lane = lanes[flags >> 1];
  if (lane === undefined) throw new FencepostError('PEER_PROTOCOL', `a piece of lane ${flags}`);
  return { kind: 'piece', lane, last: flags % 2 === 1, bytes: reader.bytes(reader.varint()) };
}
