import type { Message } from '../raft/message.ts';
import type { ReplicaId } from '../raft/types.ts';

/**
 * What nodes send to each other. Messages of raft are understood here, because a frame holds
 * many of them and their encoding must be small; all else is opaque to the transport.
 */
export type Packet = RaftPacket | OpaquePacket;

export interface RaftPacket {
  readonly kind: 'raft';
  readonly partition: number;
  readonly from: ReplicaId;
  readonly to: ReplicaId;
  readonly message: Message;
}

/**
 * `request` and `reply` are commands that are forwarded to a leader and what came of them;
 * `snapshot` is bulk data of a partition; `control` is what nodes agree on beside raft. The
 * bytes of `body` must not be changed after `send`.
 */
export interface OpaquePacket {
  readonly kind: OpaqueKind;
  readonly body: Buffer;
}

export type OpaqueKind = 'request' | 'reply' | 'snapshot' | 'control';
