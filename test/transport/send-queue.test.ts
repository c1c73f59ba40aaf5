import { beforeEach, describe, expect, test } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import { frameHeadBytes } from '../../src/transport/frame.ts';
import type { OpaqueKind, Packet } from '../../src/transport/packet.ts';
import { decodeItems, type Item } from '../../src/transport/packet-codec.ts';
import { PacketPieces } from '../../src/transport/packet-pieces.ts';
import { SendQueue } from '../../src/transport/send-queue.ts';
import { append, heartbeat, opaque } from './transport-node.ts';

/** Takes frames, and counts them as waiting when the socket is to be stuck. */
class Sink {
  readonly frames: Buffer[] = [];
  stuck = false;
  waitingBytes = 0;

  sendFrame(frame: Buffer): void {
    this.frames.push(frame);
    if (this.stuck) this.waitingBytes += frame.length;
  }

  items(): Item[] {
    return this.frames.flatMap((frame) => decodeItems(frame.subarray(frameHeadBytes)));
  }

  /** What a receiver makes of it; it confirms everything at once. */
  packets(): Packet[] {
    const pieces = new PacketPieces();
    return this.items().flatMap((item) => {
      if (item.kind === 'packet') return [item.packet];
      const whole = item.kind === 'piece' ? pieces.add(item) : undefined;
      return whole === undefined ? [] : [whole];
    });
  }
}

let sink: Sink;
let queue: SendQueue;

beforeEach(() => {
  sink = new Sink();
  queue = new SendQueue(sink);
});

/** Bytes of each lane in the frames so far, as the receiver counts them. */
function confirmAll(): void {
  const byteCounts = { ordered: 0, bulk: 0 };
  for (const item of sink.items()) {
    if (item.kind === 'piece') byteCounts[item.lane] += item.bytes.length;
    if (item.kind !== 'packet' || item.packet.kind === 'raft') continue;
    const lane = item.packet.kind === 'snapshot' ? 'bulk' : 'ordered';
    byteCounts[lane] += item.packet.body.length;
  }
  expect(queue.confirm(byteCounts)).toBe(true);
}

/** Confirms and flushes until nothing more leaves. */
function drain(): void {
  let frameCount = -1;
  while (frameCount !== sink.frames.length) {
    frameCount = sink.frames.length;
    confirmAll();
    queue.flush();
  }
}

describe('a queue', () => {
  test('makes one frame of 64 small packets', () => {
    for (let partition = 0; partition < 64; partition += 1) queue.offer(heartbeat(partition, 1));
    queue.flush();
    expect(sink.frames).toHaveLength(1);
    expect(sink.packets()).toHaveLength(64);
  });

  test('sends nothing when there is nothing', () => {
    queue.flush();
    expect(sink.frames).toEqual([]);
  });

  test('never makes a frame that a peer would refuse', () => {
    for (let at = 0; at < 40; at += 1) {
      queue.offer(append(1, at + 1, Buffer.alloc(100_000)));
      queue.offer({ kind: 'request', body: Buffer.alloc(120_000) });
      queue.offer({ kind: 'snapshot', body: Buffer.alloc(100_000) });
    }
    drain();
    expect(sink.packets()).toHaveLength(120);
    for (const { length } of sink.frames) {
      expect(length - frameHeadBytes).toBeLessThanOrEqual(limits.peerFrameBytesMax);
    }
  });

  test('drops raft packets while the socket takes nothing, and takes them again after', () => {
    sink.stuck = true;
    const packet = append(1, 1, Buffer.alloc(100_000));
    let count = 0;
    while (queue.offer(packet)) count += 1;
    expect(count * 100_000).toBeLessThanOrEqual(limits.peerRaftQueueBytesMax);
    expect(count * 100_000).toBeGreaterThan(limits.peerRaftQueueBytesMax / 2);
    queue.flush();
    sink.stuck = false;
    sink.waitingBytes = 0;
    expect(queue.offer(packet)).toBe(true);
  });

  test.each<readonly [OpaqueKind, number]>([
    ['request', limits.peerRequestQueueBytesMax],
    ['snapshot', limits.peerSnapshotQueueBytesMax],
  ])('takes a %s up to its limit, and tells when half of it is free', (kind, bytesMax) => {
    const packet: Packet = { kind, body: Buffer.alloc(100_000) };
    let count = 0;
    while (queue.offer(packet)) count += 1;
    expect(count * 100_000).toBeLessThanOrEqual(bytesMax);
    expect(count * 100_000).toBeGreaterThan(bytesMax * 0.9);
    queue.flush();
    expect(queue.takeWritable()).toBe(false);
    drain();
    expect(queue.takeWritable()).toBe(true);
    expect(queue.takeWritable()).toBe(false);
    expect(sink.packets()).toHaveLength(count);
  });

  test('counts empty packets, too', () => {
    let count = 0;
    while (queue.offer(opaque('request', ''))) count += 1;
    expect(count).toBeLessThan(1_000_000);
    drain();
    expect(sink.packets()).toHaveLength(count);
  });

  test('takes one packet larger than the limit when it is empty, and cuts it', () => {
    const body = Buffer.alloc(limits.peerSnapshotQueueBytesMax + 1_000_000, 's');
    expect(queue.offer({ kind: 'snapshot', body })).toBe(true);
    expect(queue.offer(opaque('snapshot', 'next'))).toBe(false);
    drain();
    const [packet, ...rest] = sink.packets();
    expect(packet?.kind === 'snapshot' && packet.body.equals(body)).toBe(true);
    expect(rest).toEqual([]);
  });

  test('keeps replies when requests are refused', () => {
    while (queue.offer({ kind: 'request', body: Buffer.alloc(1_000_000) }));
    expect(queue.offer(opaque('reply', 'for a client that waits'))).toBe(true);
  });

  test('believes no count that falls or exceeds what left', () => {
    queue.offer(opaque('request', '12345'));
    expect(queue.confirm({ ordered: 5, bulk: 0 })).toBe(false);
    queue.flush();
    expect(queue.confirm({ ordered: 5, bulk: 0 })).toBe(true);
    expect(queue.confirm({ ordered: 4, bulk: 0 })).toBe(false);
  });

  test('lets appends of other groups pass a large one, and none of its own', () => {
    const packets = [
      append(1, 1, Buffer.alloc(limits.peerWindowBytes, 'l')),
      append(1, 2, Buffer.from('own')),
      append(2, 1, Buffer.from('other')),
    ];
    for (const packet of packets) queue.offer(packet);
    drain();
    const places = sink.packets().map((packet) => {
      if (packet.kind !== 'raft' || packet.message.kind !== 'append-entries') return packet.kind;
      return `${packet.partition}:${packet.message.entries[0]?.index}`;
    });
    expect(places).toEqual(['2:1', '1:1', '1:2']);
  });
});
