import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { ByteWriter } from '../../src/base/byte-writer.ts';
import { FencepostError } from '../../src/base/errors.ts';
import type { Packet } from '../../src/transport/packet.ts';
import { writePacket } from '../../src/transport/packet-codec.ts';
import { append, heartbeat, opaque, TransportNode } from './transport-node.ts';

const opened: TransportNode[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((node) => node.close()));
});

async function openNode(...options: Parameters<typeof TransportNode.open>): Promise<TransportNode> {
  const node = await TransportNode.open(...options);
  opened.push(node);
  return node;
}

/** Two nodes, of which the first may send to the second. */
async function openLink(): Promise<readonly [TransportNode, TransportNode]> {
  const sender = await openNode(1);
  const receiver = await openNode(2);
  sender.dial(receiver);
  await sender.untilText('link', '2 up');
  return [sender, receiver];
}

describe('a link', () => {
  test('carries what was sent in one turn as one frame, in its order', async () => {
    const [sender, receiver] = await openLink();
    const sent = [
      heartbeat(0, 1),
      append(3, 17, Buffer.from('effects')),
      opaque('request', 'first'),
      opaque('reply', ''),
      opaque('control', 'third'),
    ];
    for (const packet of sent) expect(sender.transport.send(2, packet)).toBe(true);
    sender.transport.flush();
    await receiver.untilText('frame-end', '1');
    expect(receiver.packets()).toEqual(sent);
    expect(receiver.texts('frame-end')).toHaveLength(1);
  });

  test('on which no peer could send what came goes down, and the log tells why', async () => {
    const sender = await openNode(1);
    const receiver = await openNode(2, {
      onPacket: () => {
        throw new FencepostError('PEER_PROTOCOL', 'no replica sends a term of 9');
      },
    });
    sender.dial(receiver);
    await sender.untilText('link', '2 up');
    sender.transport.send(2, heartbeat(0, 9));
    sender.transport.flush();
    await sender.untilText('link', '2 down');
    const told = receiver.texts('log').filter((text) => text.includes('what no peer sends'));
    expect(told).toEqual([expect.stringMatching(/^warn .*no replica sends a term of 9/)]);
  });

  test('says no before it is up and for a node that is no peer', async () => {
    const sender = await openNode(1);
    const receiver = await openNode(2);
    sender.dial(receiver);
    expect(sender.transport.send(2, heartbeat(0, 1))).toBe(false);
    expect(sender.transport.send(3, heartbeat(0, 1))).toBe(false);
    await sender.untilText('link', '2 up');
    expect(sender.transport.isUp(2)).toBe(true);
    expect(receiver.texts('incoming')).toEqual(['1 up']);
  });

  test('goes down at both ends with the peer, and comes back empty when it returns', async () => {
    const [sender, receiver] = await openLink();
    const { address } = receiver.transport;
    sender.transport.send(2, opaque('request', 'lost with the link'));
    await receiver.close();
    await sender.untilText('link', '2 down');
    expect(sender.transport.send(2, heartbeat(0, 1))).toBe(false);
    const returned = await openNode(2, { listen: address });
    await sender.until(() => sender.texts('link').length === 3);
    expect(sender.texts('link')).toEqual(['2 up', '2 down', '2 up']);
    sender.transport.send(2, opaque('request', 'after'));
    sender.transport.flush();
    await returned.untilText('frame-end', '1');
    expect(returned.packets()).toEqual([opaque('request', 'after')]);
  });

  test('that the sender gives up ends at the receiver, which has all that was sent', async () => {
    const [sender, receiver] = await openLink();
    sender.transport.send(2, opaque('request', 'the last one'));
    sender.transport.setPeers([]);
    expect(sender.texts('link')).toEqual(['2 up', '2 down']);
    await receiver.untilText('incoming', '1 down');
    expect(receiver.packets()).toEqual([opaque('request', 'the last one')]);
  });

  test('whose sender the receiver gives up ends, and is judged anew', async () => {
    const [sender, receiver] = await openLink();
    receiver.dial(sender);
    await receiver.untilText('link', '1 up');
    receiver.transport.setPeers([]);
    await sender.until(() => sender.texts('link').length === 3);
    expect(sender.texts('link')).toEqual(['2 up', '2 down', '2 up']);
  });

  test('of a node that stops still carries what was sent, and is silent after', async () => {
    const [sender, receiver] = await openLink();
    sender.transport.send(2, heartbeat(0, 5));
    await sender.close();
    await receiver.untilText('incoming', '1 down');
    expect(receiver.packets()).toEqual([heartbeat(0, 5)]);
    expect(sender.texts('link')).toEqual(['2 up']);
    expect(sender.transport.send(2, heartbeat(0, 6))).toBe(false);
  });

  test('is dialled at once when the other direction comes up', async () => {
    const timings = { backoffMsMin: 3_600_000, backoffMsMax: 3_600_000 };
    const early = await openNode(1, { timings });
    const late = await openNode(2);
    const { address } = late;
    await late.close();
    early.transport.setPeers([{ nodeId: 2, address }]);
    await early.until(() => early.texts('log').some((text) => text.includes('is down')));
    const returned = await openNode(2, { listen: late.transport.address });
    returned.dial(early);
    await early.untilText('link', '2 up');
  });

  test('keeps the peer heard of while nothing is sent', async () => {
    const [sender, receiver] = await openLink();
    const before = [sender.transport.lastHeardMs(2), receiver.transport.lastHeardMs(1)];
    const later = ([node, peer, known]: readonly [TransportNode, number, number | undefined]) =>
      (node.transport.lastHeardMs(peer) ?? 0) > (known ?? Number.MAX_VALUE);
    await new Promise<void>((resolve) => {
      const poll = setInterval(() => {
        if (!later([sender, 2, before[0]]) || !later([receiver, 1, before[1]])) return;
        clearInterval(poll);
        resolve();
      }, 10);
    });
    expect(receiver.packets()).toEqual([]);
    expect(receiver.texts('frame-end')).toEqual([]);
  });
});

describe('much data', () => {
  test('does not hold up the heartbeats that are sent after it', async () => {
    const [sender, receiver] = await openLink();
    const large = opaque('snapshot', 'x'.repeat(3_000_000));
    const entry = append(4, 9, Buffer.alloc(5_000_000, 'y'));
    const small = append(4, 10, Buffer.from('after the large one'));
    for (const packet of [large, entry, small]) sender.transport.send(2, packet);
    sender.transport.flush();
    sender.transport.send(2, heartbeat(4, 1));
    sender.transport.flush();
    await receiver.until(() => receiver.packets().length === 4);
    const digests = (packets: readonly Packet[]) => packets.map(digestOf);
    expect(digests(receiver.packets())).toEqual(digests([heartbeat(4, 1), large, entry, small]));
  });

  test('in one request keeps its place among the small ones', async () => {
    const [sender, receiver] = await openLink();
    const sent = [
      opaque('request', 'before'),
      opaque('request', 'r'.repeat(2_000_000)),
      opaque('reply', 'after'),
    ];
    for (const packet of sent) sender.transport.send(2, packet);
    sender.transport.flush();
    await receiver.until(() => receiver.packets().length === sent.length);
    expect(receiver.packets().map(digestOf)).toEqual(sent.map(digestOf));
  });

  test('is refused when its queue is full, and asked for again when there is room', async () => {
    const [sender, receiver] = await openLink();
    const chunk: Packet = { kind: 'snapshot', body: Buffer.alloc(200_000, 'z') };
    let sentCount = 0;
    while (sender.transport.send(2, chunk)) sentCount += 1;
    expect(sentCount * 200_000).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect(sentCount).toBeGreaterThan(10);
    expect(sender.transport.send(2, heartbeat(0, 1))).toBe(true);
    expect(sender.transport.send(2, opaque('request', 'another lane'))).toBe(true);
    sender.transport.flush();
    await sender.untilText('writable', '2');
    expect(sender.transport.send(2, chunk)).toBe(true);
    sender.transport.flush();
    await receiver.until(() => receiver.packets().length === sentCount + 3);
    expect(receiver.texts('packet').filter((text) => text === '1 snapshot')).toHaveLength(
      sentCount + 1,
    );
  });

  test('in both directions and in many turns arrives once and in order', async () => {
    const [left, right] = await openLink();
    right.dial(left);
    await right.untilText('link', '1 up');
    const count = 2_000;
    for (let at = 0; at < count; at += 1) {
      left.transport.send(2, opaque('request', `left ${at} ${'-'.repeat((at * 7) % 900)}`));
      right.transport.send(1, opaque('request', `right ${at} ${'-'.repeat((at * 3) % 900)}`));
      if (at % 3 === 0) left.transport.flush();
      if (at % 5 === 0) right.transport.flush();
    }
    left.transport.flush();
    right.transport.flush();
    await left.until(() => left.packets().length === count);
    await right.until(() => right.packets().length === count);
    const numbers = (node: TransportNode) =>
      node.packets().map((packet) => packet.kind === 'request' && `${packet.body}`.split(' ')[1]);
    const expected = Array.from({ length: count }, (_, at) => `${at}`);
    expect(numbers(left)).toEqual(expected);
    expect(numbers(right)).toEqual(expected);
  });
});

/** Stands for a packet that is too large to be compared byte by byte in a test. */
function digestOf(packet: Packet): string {
  const writer = new ByteWriter();
  writePacket(writer, packet);
  return `${packet.kind} ${createHash('sha256').update(writer.take()).digest('hex')}`;
}
