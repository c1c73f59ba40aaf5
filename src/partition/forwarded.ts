import type { ByteString } from '../base/byte-string.ts';
import type { Reply } from '../resp/reply.ts';

/** A command as one node asks another to run it. The name is the first argument. */
export interface ForwardedCommand {
  readonly db: number;
  readonly args: readonly ByteString[];
}

/** What a partition is asked to do for a session, wherever that session is. */
export type Work =
  /** `requestId` is '' unless the command takes a lease and may therefore be sent again. */
  | ({
      readonly kind: 'command';
      readonly protocol: 2 | 3;
      readonly requestId: ByteString;
    } & ForwardedCommand)
  /**
   * EXEC. It runs if the leader watches exactly `watchedCount` keys for the session, all since it
   * began to lead, and none has changed.
   */
  | {
      readonly kind: 'transaction';
      readonly protocol: 2 | 3;
      readonly sessionId: number;
      readonly watchedCount: number;
      readonly queue: readonly ForwardedCommand[];
    }
  | {
      readonly kind: 'watch';
      readonly sessionId: number;
      readonly db: number;
      readonly keys: readonly ByteString[];
    }
  | { readonly kind: 'unwatch'; readonly sessionId: number };

export interface Request {
  /** See `ClusterPort.startId`. */
  readonly startId: ByteString;
  /** Rises with every request that one start of a node sends, to whomever. */
  readonly id: number;
  readonly partition: number;
  /**
   * The term in which the receiver leads, as the sender knows. It is run in this term or never:
   * what is sent again in a later term has been decided by then.
   */
  readonly term: number;
  /** The scripts must be those of this index of the meta group, or later ones. */
  readonly metaIndex: number;
  readonly work: Work;
}

/** What became of a request. */
export type Answer =
  /** `metaIndex`: the last change of scripts that the reply may have seen, or made. */
  | { readonly kind: 'done'; readonly reply: Reply; readonly metaIndex: number }
  /** Certainly not run: the receiver does not lead in that term. What it knows: 0 is nobody. */
  | { readonly kind: 'refused'; readonly term: number; readonly leader: number }
  /** Run, and whether that counts is unknown: the receiver lost its leadership. */
  | { readonly kind: 'lost' }
  /** Of requests up to this one no more answers will come; some may have been lost on the way. */
  | { readonly kind: 'forgotten' };

export interface Response {
  /** The start of the node that asked. */
  readonly startId: ByteString;
  readonly id: number;
  readonly partition: number;
  readonly answer: Answer;
}
