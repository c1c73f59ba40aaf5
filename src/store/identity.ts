import { assert } from '../base/assert.ts';
import { ByteReader } from '../base/byte-reader.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import { crc32c } from '../base/crc32c.ts';
import { FencepostError } from '../base/errors.ts';
import { type Index, indexOf } from '../raft/types.ts';
import type { LogEnd } from './log-position.ts';
import type { Disk } from './platform.ts';
import { checkFormat, formatVersion } from './segment.ts';
import type { Identity } from './store-port.ts';

/*
 * The identity file: two slots, written in turn, so that a torn write leaves the other whole. A
 * slot, little endian:
 *
 *    0  8 bytes  magic "FENCEID1"
 *    8  u32      CRC-32C of everything after it
 *   12  u32      bytes of the body
 *   16  u32      format version
 *   20           body: the generation, the node, the durable floor, the peers
 *
 * The floor is a place in the log together with the CRC of the record before it, so it stands
 * for every record up to there, votes included, and is exact after a clean stop. What a floor
 * says of a partition is true at that place: a record behind it may truncate the partition's log
 * to less, as AppendEntries does, and takes nothing away from what the floor proves.
 */

export const slotBytes = 64 * 1024;
const headBytes = 20;
const magic = Buffer.from('FENCEID1', 'latin1');

export interface PartitionFloor {
  /** The last index of the partition's log at the place of the floor. */
  readonly index: Index;
  /** A checkpoint at this index is in the state for certain. */
  readonly checkpoint: Index;
}

export interface IdentityRecord {
  readonly clusterId: string;
  readonly nodeId: number;
  readonly incarnation: number;
  /** How often entries that were acknowledged may have been lost: repairs, restored copies. */
  readonly cuts: number;
  /** The segment with which the log begins. */
  readonly firstSegment: number;
  /** The log was durable up to here. Segment 0: no log yet. */
  readonly floor: LogEnd;
  readonly partitions: ReadonlyMap<number, PartitionFloor>;
  /** Addresses by node id, as last known; none while the node is alone. */
  readonly peers: ReadonlyMap<number, string>;
  /** Where peers reach this node; empty while it is alone. */
  readonly peerAddress: string;
}

export interface ReadIdentity {
  readonly record: IdentityRecord;
  readonly generation: number;
}

/**
 * What the identity file says; undefined if there is no file.
 *
 * @throws FencepostError DATA_DAMAGED if neither slot can be read, DATA_FORMAT if a newer
 *   version wrote it
 */
export function readIdentity(disk: Disk, path: string): ReadIdentity | undefined {
  if (!disk.existsSync(path)) return undefined;
  const bytes = disk.readFileSync(path);
  const slots = [readSlot(bytes, 0, path), readSlot(bytes, slotBytes, path)];
  const readable = slots.filter((slot) => slot !== undefined);
  const newest = readable.sort((left, right) => right.generation - left.generation)[0];
  if (newest === undefined) {
    const found = `expected one of two slots (at bytes 0 and ${slotBytes}) with a right CRC`;
    throw new FencepostError('DATA_DAMAGED', `${path}: ${found}, found none`);
  }
  return newest;
}

/** What the node may know of it. */
export function identityOf(record: IdentityRecord): Identity {
  const { clusterId, nodeId, incarnation, cuts, peers, peerAddress } = record;
  const floors = [...record.partitions].map(([id, floor]) => [id, floor.index] as const);
  const node = { clusterId, nodeId, incarnation, cuts, peers, peerAddress };
  return { ...node, formatVersion, floors: new Map(floors) };
}

/** The bytes of one slot. */
export function encodeIdentity(record: IdentityRecord, generation: number): Buffer {
  const writer = new ByteWriter();
  writer.bytes(magic);
  writer.u32(0);
  writer.u32(0);
  writer.u32(formatVersion);
  writer.varint(generation);
  writer.bytes(Buffer.from(record.clusterId, 'hex'));
  writer.varint(record.nodeId);
  writer.varint(record.incarnation);
  writer.varint(record.cuts);
  writer.varint(record.firstSegment);
  writer.varint(record.floor.segment);
  writer.varint(record.floor.offset);
  writer.u32(record.floor.crc);
  writer.varint(record.partitions.size);
  for (const [partition, floor] of record.partitions) {
    writer.varint(partition);
    writer.varint(floor.index);
    writer.varint(floor.checkpoint);
  }
  writeText(writer, record.peerAddress);
  writer.varint(record.peers.size);
  for (const [nodeId, address] of record.peers) {
    writer.varint(nodeId);
    writeText(writer, address);
  }
  const bytes = writer.take();
  assert(bytes.length <= slotBytes, 'the floors of all partitions fit a slot of the identity');
  bytes.writeUInt32LE(bytes.length - headBytes, 12);
  bytes.writeUInt32LE(crc32c(bytes, 12), 8);
  return bytes;
}

function readSlot(file: Buffer, start: number, path: string): ReadIdentity | undefined {
  const slot = file.subarray(start, start + slotBytes);
  if (slot.length < headBytes || !slot.subarray(0, 8).equals(magic)) return undefined;
  const end = headBytes + slot.readUInt32LE(12);
  if (end > slot.length || slot.readUInt32LE(8) !== crc32c(slot, 12, end)) return undefined;
  const version = slot.readUInt32LE(16);
  checkFormat(path, version);
  const reader = new ByteReader(slot.subarray(headBytes, end));
  const generation = reader.varint();
  const clusterId = reader.bytes(16).toString('hex');
  const nodeId = reader.varint();
  const incarnation = reader.varint();
  const cuts = reader.varint();
  const firstSegment = reader.varint();
  const segment = reader.varint();
  const offset = reader.varint();
  const floor = { segment, offset, crc: reader.u32() };
  const partitions = new Map<number, PartitionFloor>();
  const count = reader.varint();
  for (let at = 0; at < count; at += 1) {
    const partition = reader.varint();
    const index = indexOf(reader.varint());
    partitions.set(partition, { index, checkpoint: indexOf(reader.varint()) });
  }
  const node = { clusterId, nodeId, incarnation, cuts };
  const record = { ...node, firstSegment, floor, partitions, ...readPeers(reader) };
  return { record, generation };
}

function readPeers(reader: ByteReader): Pick<IdentityRecord, 'peers' | 'peerAddress'> {
  const peerAddress = readText(reader);
  const peers = new Map<number, string>();
  const count = reader.varint();
  for (let at = 0; at < count; at += 1) peers.set(reader.varint(), readText(reader));
  return { peerAddress, peers };
}

function writeText(writer: ByteWriter, text: string): void {
  const bytes = Buffer.from(text);
  writer.varint(bytes.length);
  writer.bytes(bytes);
}

function readText(reader: ByteReader): string {
  return reader.bytes(reader.varint()).toString();
}
