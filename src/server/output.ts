import type { Writable } from 'node:stream';
import type { ByteString } from '../base/byte-string.ts';
import type { Outcome } from '../partition/outcome.ts';
import type { Reply } from '../resp/reply.ts';
import { encodeReply, replyBytes } from '../resp/reply-encoder.ts';

export interface OutputLimits {
  readonly outputBytesMax: number;
  readonly outputPauseBytes: number;
  /** Outcomes that may wait at a time before no more requests are run. */
  readonly heldReplyCountMax: number;
}

export interface OutputOptions {
  readonly stream: Writable;
  readonly limits: OutputLimits;
  /** There is something to write now: `flush` is to be called at the end of the turn. */
  readonly onWritable: () => void;
  readonly onWritten: (bytes: number) => void;
}

/** Encoded text, an outcome that is not ready or not encoded yet, or a change of the protocol. */
type Item = ByteString | Outcome | 2 | 3;

/**
 * The replies of one session on their way out, in the order of its requests.
 *
 * A reply that is ready when nothing waits before it is encoded at once. The first outcome that
 * waits holds back everything behind it; only that one is listened to. Ready outcomes are encoded
 * no faster than the peer reads, so what a session holds in memory stays near
 * `outputPauseBytes`, whatever it asked for.
 */
export class SessionOutput {
  readonly #stream: Writable;
  readonly #limits: OutputLimits;
  readonly #onWritable: () => void;
  readonly #onWritten: (bytes: number) => void;
  #protocol: 2 | 3 = 2;
  /** The protocol of the first item of the queue. */
  #headProtocol: 2 | 3 = 2;
  /** What is encoded and comes before the queue. */
  #text: ByteString = '';
  /** Items lie from `#head` to before `#tail`; the room of those written before is used again. */
  #queue: (Item | undefined)[] = [];
  #head = 0;
  #tail = 0;
  #queuedTextBytes = 0;
  #heldBytes = 0;
  #blocked = false;
  #overflowed = false;

  constructor({ stream, limits, onWritable, onWritten }: OutputOptions) {
    this.#stream = stream;
    this.#limits = limits;
    this.#onWritable = onWritable;
    this.#onWritten = onWritten;
    stream.on('drain', () => this.#unblock());
  }

  get protocol(): 2 | 3 {
    return this.#protocol;
  }

  /** Replies of requests that came before keep the protocol they had. */
  set protocol(protocol: 2 | 3) {
    if (protocol === this.#protocol) return;
    this.#protocol = protocol;
    if (this.#queueIsEmpty) this.#headProtocol = protocol;
    else this.#push(protocol);
  }

  /** Bytes of replies and messages that the kernel has not taken. */
  get bytes(): number {
    return this.#stream.writableLength + this.#text.length + this.#queuedTextBytes;
  }

  /** Nothing waits: neither for a commit nor for the peer. */
  get empty(): boolean {
    return this.#queueIsEmpty && this.#text === '';
  }

  /** Whether requests have to wait until the peer reads or the log catches up. */
  get congested(): boolean {
    return (
      this.#blocked ||
      this.#tail - this.#head >= this.#limits.heldReplyCountMax ||
      this.#text.length + this.#queuedTextBytes + this.#heldBytes > this.#limits.outputPauseBytes
    );
  }

  /** Whether the limit of bytes was passed: the session is to be closed. */
  get overflowed(): boolean {
    return this.#overflowed;
  }

  /** Adds a reply, or a message, that may be written now. */
  add(reply: Reply): void {
    const text = this.#encode(reply, this.#protocol);
    if (text !== '') this.addText(text);
  }

  /** Adds what `encodeReply` made in this session's protocol. */
  addText(text: ByteString): void {
    if (this.#overflowed) return;
    if (this.#queueIsEmpty && !this.#blocked) {
      this.#text += text;
      this.#onWritable();
    } else {
      this.#push(text);
      this.#queuedTextBytes += text.length;
    }
    if (this.bytes > this.#limits.outputBytesMax) this.#overflow();
  }

  /** Adds a reply that may have to wait. */
  addOutcome(outcome: Outcome): void {
    if (this.#queueIsEmpty && !this.#blocked) {
      if (outcome.ready) return this.add(outcome.reply);
      outcome.onReady(this.#onWritable);
    }
    this.#push(outcome);
    this.#heldBytes += heldBytesOf(outcome.reply);
  }

  /** Writes what is ready, in one piece unless it is large. */
  flush(): void {
    if (this.#blocked) return;
    let text = this.#text;
    this.#text = '';
    while (this.#head < this.#tail) {
      if (text.length > this.#limits.outputPauseBytes) {
        this.#write(text);
        text = '';
        if (this.#blocked) return;
      }
      const item = this.#queue[this.#head];
      if (item === undefined) break;
      if (typeof item === 'string') {
        text += item;
        this.#queuedTextBytes -= item.length;
      } else if (typeof item === 'number') {
        this.#headProtocol = item;
      } else if (item.ready) {
        text += this.#encode(item.reply, this.#headProtocol);
        this.#heldBytes = Math.max(0, this.#heldBytes - heldBytesOf(item.reply));
      } else {
        item.onReady(this.#onWritable);
        break;
      }
      this.#queue[this.#head] = undefined;
      this.#head += 1;
    }
    this.#forgetWritten();
    if (text !== '') this.#write(text);
  }

  /** Forgets everything: the session has ended. */
  clear(): void {
    this.#queue = [];
    this.#head = 0;
    this.#tail = 0;
    this.#text = '';
    this.#queuedTextBytes = 0;
    this.#heldBytes = 0;
  }

  get #queueIsEmpty(): boolean {
    return this.#head === this.#tail;
  }

  #encode(reply: Reply, protocol: 2 | 3): ByteString {
    if (heldBytesOf(reply) <= this.#limits.outputBytesMax) return encodeReply(reply, protocol);
    this.#overflow();
    return '';
  }

  #write(text: ByteString): void {
    this.#stream.write(text, 'latin1');
    this.#onWritten(text.length);
    this.#blocked =
      this.#stream.writableNeedDrain && this.#stream.writableLength > this.#limits.outputPauseBytes;
  }

  #unblock(): void {
    if (!this.#blocked) return;
    this.#blocked = false;
    this.#onWritable();
  }

  #overflow(): void {
    this.#overflowed = true;
    this.clear();
    this.#onWritable();
  }

  #push(item: Item): void {
    this.#queue[this.#tail] = item;
    this.#tail += 1;
  }

  /**
   * Gives room back; in large steps, so that no item is moved often. A short queue keeps its room:
   * most requests wait alone, and a new array for each would be a good part of all allocations.
   */
  #forgetWritten(): void {
    if (this.#queueIsEmpty) {
      if (this.#queue.length > keptItemCount) this.#queue = [];
      this.#head = 0;
      this.#tail = 0;
      this.#heldBytes = 0;
    } else if (this.#head > keptItemCount && this.#head * 2 > this.#tail) {
      this.#queue.splice(0, this.#head);
      this.#tail -= this.#head;
      this.#head = 0;
    }
  }
}

/** Items for which an empty queue keeps its room. */
const keptItemCount = 64;

/**
 * What a reply that waits holds in memory beyond what the keyspace shares with it. Only nested
 * replies count: a bulk string is the value itself.
 */
function heldBytesOf(reply: Reply): number {
  switch (reply.kind) {
    case 'array':
    case 'map':
    case 'set':
    case 'push':
    case 'several':
      return replyBytes(reply);
    default:
      return 0;
  }
}
