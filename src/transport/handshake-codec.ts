import { createHmac, timingSafeEqual } from 'node:crypto';
import { ByteReader } from '../base/byte-reader.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import { FencepostError } from '../base/errors.ts';
import { type PeerHello, readHello, readText, writeHello, writeText } from './peer-hello.ts';
import type { Refusal } from './transport-options.ts';

/*
 * The frames with which a link begins. D dialled, A accepted:
 *
 *   D -> A  greeting   magic, version of the protocol, nonce of D
 *   A -> D  greeting   magic, version of the protocol, nonce of A
 *   D -> A  claim      hello of D, and the proof of it
 *   A -> D  claim      hello of A, and the proof of it: now both may send
 *
 * or a refusal in place of A's greeting or claim. A proof is HMAC-SHA-256 under the cluster's
 * secret over a word for the direction, both nonces, both hellos (D's cannot contain A's, which
 * a stranger is not shown) and the refusal if there is one. A recorded handshake fails on the
 * other side's fresh nonce; an echoed one on the direction.
 */

export const nonceBytes = 32;
const proofBytes = 32;
const magic = Buffer.from('FENCEPOST-PEER', 'latin1');
const codes = { greeting: 1, claim: 2, refusal: 3 } as const;

export interface Greeting {
  readonly kind: 'greeting';
  readonly protocolVersion: number;
  readonly nonce: Buffer;
}

export interface Claim {
  readonly kind: 'claim';
  readonly hello: PeerHello;
  /** The bytes that the proof covers. */
  readonly helloBytes: Buffer;
  readonly instance: string;
  /** The node that the dialler expects; 0 in an acceptor's claim. */
  readonly to: number;
  readonly proof: Buffer;
}

/** The proof is empty where the refusing side knows of no common secret. */
export interface RefusalFrame {
  readonly kind: 'refusal';
  readonly refusal: Refusal;
  readonly proof: Buffer;
}

export type HandshakeFrame = Greeting | Claim | RefusalFrame;

export interface ProofOf {
  readonly purpose: 'dialler' | 'acceptor' | 'refusal';
  readonly diallerNonce: Buffer;
  readonly acceptorNonce: Buffer;
  readonly diallerHello: Buffer;
  /** The acceptor's hello, or the refusal in its place; empty in the dialler's proof. */
  readonly answer: Buffer;
}

/** Every part is preceded by its length, so that no two lists of parts give the same bytes. */
export function proofOf(secret: Buffer, parts: ProofOf): Buffer {
  const writer = new ByteWriter();
  writeText(writer, parts.purpose);
  for (const part of [parts.diallerNonce, parts.acceptorNonce, parts.diallerHello, parts.answer]) {
    writer.varint(part.length);
    writer.bytes(part);
  }
  return createHmac('sha256', secret).update(writer.take()).digest();
}

/** Compares in a time that does not depend on where the two differ. */
export function sameProof(left: Buffer, right: Buffer): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}

export function encodeGreeting(protocolVersion: number, nonce: Buffer): Buffer {
  const writer = new ByteWriter(128);
  writer.u8(codes.greeting);
  writer.bytes(magic);
  writer.varint(protocolVersion);
  writer.bytes(nonce);
  return writer.take();
}

/** What the proof of a claim covers. `instance` tells two processes apart that are one node. */
export function encodeHello(hello: PeerHello, instance: string, to = 0): Buffer {
  const writer = new ByteWriter(512);
  writeHello(writer, hello);
  writeText(writer, instance);
  writer.varint(to);
  return writer.take();
}

export function encodeClaim(helloBytes: Buffer, proof: Buffer): Buffer {
  return Buffer.concat([Buffer.of(codes.claim), proof, helloBytes]);
}

export function encodeRefusal(refusal: Refusal): Buffer {
  const writer = new ByteWriter(512);
  writeText(writer, refusal.code);
  writeText(writer, refusal.text);
  if (refusal.usedIncarnation !== undefined) writer.varint(refusal.usedIncarnation);
  return writer.take();
}

/** @param proof of the refusal's bytes; empty if there is none */
export function encodeRefusalFrame(refusalBytes: Buffer, proof: Buffer): Buffer {
  return Buffer.concat([Buffer.of(codes.refusal, proof.length), proof, refusalBytes]);
}

/** @throws FencepostError `DATA_DAMAGED` or `PEER_PROTOCOL` */
export function decodeHandshake(body: Buffer): HandshakeFrame {
  const reader = new ByteReader(body);
  const frame = readFrame(reader, body);
  // A greeting, or a refusal, of a later version may say more.
  if (!reader.done && frame.kind === 'claim') throw violation('bytes after a handshake');
  return frame;
}

function readFrame(reader: ByteReader, body: Buffer): HandshakeFrame {
  const code = reader.u8();
  if (code === codes.greeting) {
    if (!reader.bytes(magic.length).equals(magic)) throw violation('a greeting of something else');
    const protocolVersion = reader.varint();
    return { kind: 'greeting', protocolVersion, nonce: Buffer.from(reader.bytes(nonceBytes)) };
  }
  if (code === codes.claim) return readClaim(reader, body);
  if (code !== codes.refusal) throw violation('bytes that are no handshake');
  const proof = Buffer.from(reader.bytes(reader.u8()));
  return { kind: 'refusal', refusal: readRefusal(reader), proof };
}

function readRefusal(reader: ByteReader): Refusal {
  const refusal = { code: readText(reader), text: readText(reader) };
  return reader.done ? refusal : { ...refusal, usedIncarnation: reader.varint() };
}

function readClaim(reader: ByteReader, body: Buffer): Claim {
  const proof = Buffer.from(reader.bytes(proofBytes));
  const start = reader.offset;
  const hello = readHello(reader);
  const instance = readText(reader);
  const to = reader.varint();
  const helloBytes = body.subarray(start, reader.offset);
  return { kind: 'claim', hello, helloBytes, instance, to, proof };
}

function violation(what: string): FencepostError {
  return new FencepostError('PEER_PROTOCOL', what);
}
