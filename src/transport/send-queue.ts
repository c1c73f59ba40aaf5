import { ByteWriter } from '../base/byte-writer.ts';
import { limits } from '../base/limits.ts';
import { emptyFrameHead, frameHeadBytes } from './frame.ts';
import type { OpaqueKind, Packet, RaftPacket } from './packet.ts';
import { type Lane, laneOf, lanes, writePacket } from './packet-codec.ts';
import { SendLane } from './send-lane.ts';

/** Where frames go. */
export interface FrameSink {
  /** Bytes of frames that the system has not taken yet. */
  readonly waitingBytes: number;
  sendFrame(frame: Buffer): void;
}

/** A frame is closed at this size; it grows by at most one packet or piece beyond it. */
const frameBytes = limits.peerFrameBytesMax / 4;

const waitingBytesMax: Readonly<Record<OpaqueKind, number>> = {
  request: limits.peerRequestQueueBytesMax,
  reply: limits.peerReplyQueueBytesMax,
  control: limits.peerReplyQueueBytesMax,
  snapshot: limits.peerSnapshotQueueBytesMax,
};

/**
 * What waits on one link, and how it becomes frames.
 *
 * Small packets of raft are encoded at once into the frame that leaves next, before all else.
 * Requests, replies and control keep their order in one lane; snapshots and large entries in the
 * other. A lane is held back by its window, and both take turns. A large AppendEntries may so be
 * overtaken by the heartbeats and votes of its group, which raft allows, but by no later
 * AppendEntries, because every gap would start a probe (thesis 10.2.1).
 */
export class SendQueue {
  readonly #sink: FrameSink;
  readonly #writer = newFrame();
  readonly #lanes: Readonly<Record<Lane, SendLane>> = {
    ordered: new SendLane('ordered'),
    bulk: new SendLane('bulk'),
  };
  /** A lane that refused a packet, and at how many waiting bytes it is worth asking again. */
  readonly #askAgainBelow = new Map<Lane, number>();

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** @returns false if the queue of the packet's kind is full */
  offer(packet: Packet): boolean {
    if (packet.kind === 'raft') return this.#offerRaft(packet);
    const lane = laneOf(packet) ?? 'ordered';
    const bytesMax = waitingBytesMax[packet.kind];
    if (this.#lanes[lane].offer(packet, packet.body.length, bytesMax)) return true;
    this.#askAgainBelow.set(
      lane,
      Math.min(bytesMax / 2, this.#askAgainBelow.get(lane) ?? bytesMax),
    );
    return false;
  }

  /** Sends what may leave, usually as one frame. */
  flush(): void {
    this.#fill();
    while (this.#writer.length > frameHeadBytes) {
      this.#close();
      this.#fill();
    }
  }

  /** What the receiver has got of each lane; false if it cannot have. */
  confirm(byteCounts: Readonly<Record<Lane, number>>): boolean {
    return lanes.every((lane) => this.#lanes[lane].confirm(byteCounts[lane]));
  }

  /** Whether a lane that refused a packet has room again; true once for each time. */
  takeWritable(): boolean {
    let writable = false;
    for (const [lane, below] of this.#askAgainBelow) {
      if (this.#lanes[lane].waitingBytes > below) continue;
      this.#askAgainBelow.delete(lane);
      writable = true;
    }
    return writable;
  }

  #offerRaft(packet: RaftPacket): boolean {
    const { bulk } = this.#lanes;
    const byteCount = sizeOf(packet);
    const isAppend = packet.message.kind === 'append-entries';
    if (byteCount > limits.peerPieceBytesMax || (isAppend && bulk.holdsRaftOf(packet.partition))) {
      return bulk.offer(packet, byteCount, limits.peerBulkQueueBytesMax);
    }
    const waiting = this.#sink.waitingBytes + this.#writer.length;
    if (waiting + byteCount > limits.peerRaftQueueBytesMax) return false;
    writePacket(this.#writer, packet);
    if (this.#writer.length >= frameBytes) this.#close();
    return true;
  }

  /** Both lanes give one packet or piece in turn until the frame is full or neither may. */
  #fill(): void {
    const { ordered, bulk } = this.#lanes;
    while (this.#writer.length < frameBytes && (ordered.ready || bulk.ready)) {
      if (ordered.ready) ordered.writeNext(this.#writer);
      if (bulk.ready) bulk.writeNext(this.#writer);
    }
  }

  #close(): void {
    this.#sink.sendFrame(this.#writer.take());
    this.#writer.bytes(emptyFrameHead);
  }
}

function newFrame(): ByteWriter {
  const writer = new ByteWriter();
  writer.bytes(emptyFrameHead);
  return writer;
}

/** About the bytes of a packet of raft; only entries and members can make it large. */
function sizeOf({ message }: RaftPacket): number {
  let byteCount = headBytes;
  if (message.kind !== 'append-entries') return byteCount;
  for (const entry of message.entries) byteCount += headBytes + entry.payload.length;
  return byteCount;
}

/** Of a packet without entries, or of an entry without its payload: more than it ever takes. */
const headBytes = 48;
