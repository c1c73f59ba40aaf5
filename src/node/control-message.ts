import { ByteReader } from '../base/byte-reader.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import { FencepostError } from '../base/errors.ts';
import { type Claim, isClaim } from './claim.ts';

/**
 * What nodes ask of each other to change the cluster. Each is a wish that may be sent again: the
 * receiver does nothing if it is so already, or if it does not lead the group that it concerns.
 */
export type ControlMessage =
  /** To the leader of the meta group: put this member on record. */
  | {
      readonly kind: 'member';
      readonly nodeId: number;
      readonly role: 'learner' | 'voter' | 'removed';
      /** '' keeps the address on record. */
      readonly address: string;
    }
  /** To the leader of the meta group: a node without data asks for an incarnation. */
  | ({ readonly kind: 'claim' } & Claim)
  /** To the leader of the meta group: how far does the record of members go? */
  | { readonly kind: 'record-asked'; readonly nodeId: number; readonly number: number }
  /** The answer to question `number` of this node. */
  | {
      readonly kind: 'record-known';
      readonly nodeId: number;
      readonly number: number;
      readonly index: number;
    }
  /** To the leader of a group: hand it to this node. */
  | { readonly kind: 'transfer'; readonly partition: number; readonly nodeId: number };

const kindCodes = {
  member: 1,
  transfer: 2,
  claim: 3,
  'record-asked': 4,
  'record-known': 5,
} as const;
const roles = ['learner', 'voter', 'removed'] as const;

export function encodeControl(message: ControlMessage): Buffer {
  const writer = new ByteWriter(64);
  writer.u8(kindCodes[message.kind]);
  writer.varint(message.nodeId);
  switch (message.kind) {
    case 'transfer':
      writer.varint(message.partition);
      break;
    case 'claim':
      writer.varint(message.incarnation);
      writer.string(message.claim);
      break;
    case 'record-known':
      writer.varint(message.number);
      writer.varint(message.index);
      break;
    case 'record-asked':
      writer.varint(message.number);
      break;
    case 'member':
      writer.u8(roles.indexOf(message.role));
      writer.string(message.address);
  }
  return writer.take();
}

/** @throws FencepostError `DATA_DAMAGED` or `DATA_FORMAT` */
export function decodeControl(body: Buffer): ControlMessage {
  const reader = new ByteReader(body);
  const code = reader.u8();
  const nodeId = reader.varint();
  if (code === kindCodes.transfer) return { kind: 'transfer', nodeId, partition: reader.varint() };
  if (code === kindCodes.claim) {
    const incarnation = reader.varint();
    const claim = reader.string();
    if (!isClaim(claim)) throw new FencepostError('DATA_FORMAT', 'a claim that is none');
    return { kind: 'claim', nodeId, incarnation, claim };
  }
  if (code === kindCodes['record-asked']) {
    return { kind: 'record-asked', nodeId, number: reader.varint() };
  }
  if (code === kindCodes['record-known']) {
    const number = reader.varint();
    return { kind: 'record-known', nodeId, number, index: reader.varint() };
  }
  const role = roles[reader.u8()];
  if (code !== kindCodes.member || role === undefined) {
    throw new FencepostError('DATA_FORMAT', `control message ${code} is not known`);
  }
  return { kind: 'member', nodeId, role, address: reader.string() };
}
