import type { ByteString } from '../base/byte-string.ts';
import type { SessionPort } from '../commands/session-port.ts';
import { NONE, type Reply } from '../resp/reply.ts';

/**
 * What commands see in the place of a session that is on another node, or that may have gone on
 * since it asked: its database and its protocol. Commands that need more run where the session is.
 */
export class ForwardedSession implements SessionPort {
  readonly id = 0;
  readonly peerAddress = '';
  readonly localAddress = '';
  readonly connectedAtMs = 0;
  readonly lastActiveAtMs = 0;
  readonly lastCommandName = '';
  db = 0;
  protocol: 2 | 3 = 2;
  authenticated = true;
  name: ByteString = '';
  clientLibraryName: ByteString = '';
  clientLibraryVersion: ByteString = '';
  noEvict = false;
  noTouch = false;
  replyMode: SessionPort['replyMode'] = 'on';
  transaction: SessionPort['transaction'] = undefined;
  readonly watchedKeys: SessionPort['watchedKeys'] = [];
  readonly channels: SessionPort['channels'] = new Set();
  readonly patterns: SessionPort['patterns'] = new Set();
  readonly queryBytes = 0;
  readonly outputBytes = 0;

  /** The session that the next command belongs to. */
  stand(db: number, protocol: 2 | 3): this {
    this.db = db;
    this.protocol = protocol;
    return this;
  }

  executeTransaction(): Reply {
    return NONE;
  }

  watch(): Reply {
    return NONE;
  }

  deferReply(): (reply: Reply) => void {
    return () => undefined;
  }

  unwatch(): void {}

  push(): void {}

  closeAfterReply(): void {}

  destroy(): void {}
}
