import { ByteWriter } from '../base/byte-writer.ts';
import { limits } from '../base/limits.ts';
import type { Packet } from './packet.ts';
import { type Lane, writePacket, writePiece } from './packet-codec.ts';

interface Waiting {
  readonly packet: Packet;
  /** Bytes of the packet beside its head, about. */
  readonly byteCount: number;
  /** The encoded packet, from when it is cut into pieces. */
  encoded: Buffer | undefined;
  sentBytes: number;
}

/** What an item takes in memory beside its bytes, so that many empty ones are a limit, too. */
const itemBytes = 64;

/** Packets that have left and are still in the array: one cut for many of them. */
const leftCountMax = 4_096;

/**
 * Packets of one link that keep their order and wait for the window: bytes that left and that the
 * receiver has not confirmed. So at most a window of them lies in the buffers of the system, and
 * small packets of raft that come later are not held up by more than that.
 */
export class SendLane {
  readonly #lane: Lane;
  /** The packets from `#first` on wait; those before it have left. */
  #waiting: Waiting[] = [];
  #first = 0;
  #waitingBytes = 0;
  #sentBytes = 0;
  #confirmedBytes = 0;
  /** Packets of raft that wait, by partition. */
  readonly #raftCounts = new Map<number, number>();

  constructor(lane: Lane) {
    this.#lane = lane;
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Whether the next packet, or a piece of it, may leave now. */
  get ready(): boolean {
    return !this.#empty && this.#sentBytes - this.#confirmedBytes < limits.peerWindowBytes;
  }

  /** Whether a packet of raft of this partition waits: those after it must not overtake it. */
  holdsRaftOf(partition: number): boolean {
    return this.#raftCounts.has(partition);
  }

  /**
   * @param byteCount bytes of the packet
   * @param waitingBytesMax how much may wait with it; a single packet may be larger
   * @returns false if it was not taken
   */
  offer(packet: Packet, byteCount: number, waitingBytesMax: number): boolean {
    if (byteCount > limits.peerPacketBytesMax) return false;
    const bytes = byteCount + itemBytes;
    if (!this.#empty && this.#waitingBytes + bytes > waitingBytesMax) return false;
    this.#waiting.push({ packet, byteCount, encoded: undefined, sentBytes: 0 });
    this.#waitingBytes += bytes;
    if (packet.kind === 'raft') this.#countRaft(packet.partition, 1);
    return true;
  }

  /** The receiver has `byteCount` bytes of this lane; false if that cannot be. */
  confirm(byteCount: number): boolean {
    if (byteCount < this.#confirmedBytes || byteCount > this.#sentBytes) return false;
    this.#confirmedBytes = byteCount;
    return true;
  }

  /** Writes the next packet or piece; only if `ready`. */
  writeNext(writer: ByteWriter): void {
    const next = this.#waiting[this.#first];
    if (next === undefined) return;
    const { packet } = next;
    if (packet.kind !== 'raft' && packet.body.length <= limits.peerPieceBytesMax) {
      writePacket(writer, packet);
      this.#sentBytes += packet.body.length;
      return this.#leave(next);
    }
    next.encoded ??= encodedOf(packet, next.byteCount);
    const end = next.sentBytes + limits.peerPieceBytesMax;
    const bytes = next.encoded.subarray(next.sentBytes, end);
    const last = end >= next.encoded.length;
    writePiece(writer, { kind: 'piece', lane: this.#lane, last, bytes });
    next.sentBytes = end;
    this.#sentBytes += bytes.length;
    if (last) this.#leave(next);
  }

  get #empty(): boolean {
    return this.#first === this.#waiting.length;
  }

  #leave({ packet, byteCount }: Waiting): void {
    this.#first += 1;
    if (this.#first >= leftCountMax || this.#empty) {
      this.#waiting = this.#waiting.slice(this.#first);
      this.#first = 0;
    }
    this.#waitingBytes -= byteCount + itemBytes;
    if (packet.kind === 'raft') this.#countRaft(packet.partition, -1);
  }

  #countRaft(partition: number, change: number): void {
    const count = (this.#raftCounts.get(partition) ?? 0) + change;
    if (count > 0) this.#raftCounts.set(partition, count);
    else this.#raftCounts.delete(partition);
  }
}

function encodedOf(packet: Packet, byteCount: number): Buffer {
  const writer = new ByteWriter(byteCount + itemBytes);
  writePacket(writer, packet);
  return writer.take();
}
