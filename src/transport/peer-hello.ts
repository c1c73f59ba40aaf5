import { assert } from '../base/assert.ts';
import type { ByteReader } from '../base/byte-reader.ts';
import type { ByteWriter } from '../base/byte-writer.ts';
import { FencepostError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';

/** The version of everything that nodes say to each other after the handshake's first message. */
export const protocolVersion = 2;

export interface PeerAddress {
  readonly nodeId: number;
  /** `host:port` of its peer port; an IPv6 host stands in brackets. */
  readonly address: string;
}

/** Of a node that only asks whether it may come in: it has no replicas yet, and is gone soon. */
export interface Introduction {
  /** Names this one attempt to get an incarnation, in 32 digits in hex; '' if it claims none. */
  readonly claim: string;
}

/** Who a node is, as it tells every peer when a link begins. */
export interface PeerHello {
  /** 32 digits in hex; empty while the node is joining and knows none. */
  readonly clusterId: string;
  /** What the first leader of the cluster named it, by chance; empty until the node knows. */
  readonly foundingId: string;
  readonly nodeId: number;
  readonly incarnation: number;
  readonly protocolVersion: number;
  readonly partitionCount: number;
  readonly peers: readonly PeerAddress[];
  /** `host:port` that the node announces to clients. */
  readonly clientAddress: string;
  readonly joining: boolean;
  readonly introduction?: Introduction;
}

export function writeHello(writer: ByteWriter, hello: PeerHello): void {
  assert(
    hello.peers.length <= limits.peerCountMax,
    'a hello names no more peers than there may be',
  );
  writeText(writer, hello.clusterId);
  writeText(writer, hello.foundingId);
  writer.varint(hello.nodeId);
  writer.varint(hello.incarnation);
  writer.varint(hello.protocolVersion);
  writer.varint(hello.partitionCount);
  writer.varint(hello.peers.length);
  for (const { nodeId, address } of hello.peers) {
    writer.varint(nodeId);
    writeText(writer, address);
  }
  writeText(writer, hello.clientAddress);
  writer.u8(hello.joining ? 1 : 0);
  writer.u8(hello.introduction === undefined ? 0 : 1);
  if (hello.introduction !== undefined) writeText(writer, hello.introduction.claim);
}

/** @throws FencepostError `DATA_DAMAGED` or `PEER_PROTOCOL` if the bytes are no hello */
export function readHello(reader: ByteReader): PeerHello {
  const clusterId = readText(reader);
  const foundingId = readText(reader);
  const nodeId = reader.varint();
  const incarnation = reader.varint();
  // Beyond this, two of them could be one replica.
  if (nodeId >= 2 ** 32 || incarnation > limits.incarnationMax) {
    const who = `node ${nodeId} as incarnation ${incarnation}`;
    throw new FencepostError('PEER_PROTOCOL', `a hello of ${who}`);
  }
  const hello = {
    clusterId,
    foundingId,
    nodeId,
    incarnation,
    protocolVersion: reader.varint(),
    partitionCount: reader.varint(),
    peers: readPeers(reader),
    clientAddress: readText(reader),
    joining: reader.u8() === 1,
  };
  const introduces = reader.u8() === 1;
  return introduces ? { ...hello, introduction: { claim: readText(reader) } } : hello;
}

function readPeers(reader: ByteReader): readonly PeerAddress[] {
  const count = reader.varint();
  if (count > limits.peerCountMax) {
    throw new FencepostError('PEER_PROTOCOL', `a hello with ${count} peers`);
  }
  const peers: PeerAddress[] = [];
  for (let at = 0; at < count; at += 1) {
    peers.push({ nodeId: reader.varint(), address: readText(reader) });
  }
  return peers;
}

/** Text is UTF-8 after its length: a host may be named in any script. */
export function writeText(writer: ByteWriter, text: string): void {
  const bytes = Buffer.from(text, 'utf8');
  writer.varint(bytes.length);
  writer.bytes(bytes);
}

export function readText(reader: ByteReader): string {
  return reader.bytes(reader.varint()).toString('utf8');
}
