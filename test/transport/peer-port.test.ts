import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { ByteWriter } from '../../src/base/byte-writer.ts';
import { limits } from '../../src/base/limits.ts';
import { frameOf } from '../../src/transport/frame.ts';
import { decodeItems, writePacket, writePiece } from '../../src/transport/packet-codec.ts';
import { anyPacket, seed } from './message-arbitrary.ts';
import { Stranger } from './stranger.ts';
import { heartbeat, helloOf, opaque, secret, TransportNode } from './transport-node.ts';

const opened: TransportNode[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((node) => node.close()));
});

async function openNode(...options: Parameters<typeof TransportNode.open>): Promise<TransportNode> {
  const node = await TransportNode.open(...options);
  opened.push(node);
  return node;
}

/** The node takes links as before. */
async function expectUndisturbed(node: TransportNode): Promise<void> {
  const peer = await openNode(9);
  peer.dial(node);
  await peer.untilText('link', `${node.nodeId} up`);
  peer.transport.send(node.nodeId, heartbeat(1, 1));
  peer.transport.flush();
  await node.untilText('packet', '9 raft');
}

const warnings = (node: TransportNode) =>
  node.texts('log').filter((text) => text.startsWith('warn'));

describe('a peer port', () => {
  test.each([
    '*1\r\n$4\r\nPING\r\n',
    '*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n',
    'PING\r\n',
    'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    '\x05\x00\x00\x00\x01\x00\x00\x00\x00hello',
    '\x01\x00\x01\x00\x01',
    '\xff'.repeat(100_000),
  ])('answers %j with nothing but the end of the connection, at once', async (text) => {
    const node = await openNode(2, { timings: { handshakeMs: 3_600_000 } });
    const stranger = await Stranger.connect(node.transport.address);
    stranger.write(Buffer.from(text, 'latin1'));
    await stranger.ended();
    expect(stranger.receivedBytes).toBe(0);
    expect(warnings(node)).toHaveLength(1);
    await expectUndisturbed(node);
  });

  test('answers any bytes with nothing but the end of the connection', async () => {
    const node = await openNode(2, { timings: { handshakeMs: 50 } });
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(fc.boolean(), bytes, async (framed, body) => {
        const stranger = await Stranger.connect(node.transport.address);
        stranger.write(framed ? frameOf(body, 0) : Buffer.from(body));
        await stranger.ended();
        expect(stranger.receivedBytes).toBe(0);
      }),
      { seed, numRuns: 30 },
    );
    expect(warnings(node)).toHaveLength(1);
    await expectUndisturbed(node);
  });

  test('ends a handshake that stops half way', async () => {
    const node = await openNode(2, { timings: { handshakeMs: 100 } });
    const silent = await Stranger.connect(node.transport.address);
    const slow = await Stranger.connect(node.transport.address);
    slow.write(Buffer.of(60, 0));
    await Promise.all([silent.ended(), slow.ended()]);
    expect(warnings(node)).toHaveLength(1);
    expect(warnings(node)[0]).toContain('no handshake within 100 ms');
  });

  test('keeps a bounded number of strangers, and gives up the oldest', async () => {
    const node = await openNode(2, { timings: { handshakeMs: 3_600_000 } });
    const strangers: Stranger[] = [];
    for (let count = 0; count <= limits.peerHandshakeCountMax; count += 1) {
      strangers.push(await Stranger.connect(node.transport.address));
    }
    await strangers[0]?.ended();
    await expectUndisturbed(node);
    for (const stranger of strangers) stranger.leave();
  });

  test('gives up a link whose peer says nothing', async () => {
    const node = await openNode(2, { timings: { silenceMs: 200 } });
    const mute = await Stranger.linked(node.transport.address, 5);
    await node.untilText('incoming', '5 up');
    await mute.ended();
    await node.untilText('incoming', '5 down');
  });

  test('gives a process that links again its new link in place of the old one', async () => {
    const node = await openNode(2);
    const old = await Stranger.linked(node.transport.address, 5);
    const again = await Stranger.linked(node.transport.address, 5);
    await old.ended();
    const writer = new ByteWriter();
    writePacket(writer, opaque('request', 'on the new link'));
    again.sendFrame(writer.take());
    await node.untilText('packet', '5 request');
    expect(node.texts('incoming')).toEqual(['5 up', '5 down', '5 up']);
    again.leave();
  });

  test('shows an idle peer that it lives', async () => {
    const node = await openNode(2);
    const peer = await Stranger.linked(node.transport.address, 5);
    expect(await peer.frame()).toEqual(Buffer.alloc(0));
    peer.leave();
  });

  test('takes nothing of a frame that is not right, and ends the link', async () => {
    const node = await openNode(2);
    const packets = fc.array(anyPacket, { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(packets, fc.nat(), fc.integer({ min: 1, max: 255 }), async (...changed) => {
        const [sent, place, change] = changed;
        const countBefore = node.packets().length;
        const peer = await Stranger.linked(node.transport.address, 5);
        const writer = new ByteWriter();
        for (const packet of sent) writePacket(writer, packet);
        const frame = frameOf(writer.take(), 2);
        // The length is left alone: a longer one only waits for the rest.
        const at = 4 + (place % (frame.length - 4));
        frame[at] = (frame[at] ?? 0) ^ change;
        peer.write(frame);
        await peer.ended();
        expect(node.packets()).toHaveLength(countBefore);
      }),
      { seed, numRuns: 50 },
    );
    await expectUndisturbed(node);
  });

  test('ends a link on which well-formed frames carry what is none of theirs', async () => {
    const node = await openNode(2);
    const bodies = [Buffer.of(99), Buffer.of(1, 2), Buffer.of(7, 0, 0), pieceOf(Buffer.alloc(0))];
    bodies.push(pieceOf(Buffer.of(99)));
    for (const body of bodies) {
      const peer = await Stranger.linked(node.transport.address, 5);
      peer.sendFrame(body);
      await peer.ended();
    }
    expect(node.packets()).toEqual([]);
  });

  test('confirms what it got long before the window is used up', async () => {
    const node = await openNode(2);
    const peer = await Stranger.linked(node.transport.address, 5);
    const writer = new ByteWriter();
    writePacket(writer, { kind: 'request', body: Buffer.alloc(limits.peerWindowBytes / 2) });
    peer.sendFrame(writer.take());
    let items = decodeItems(await peer.frame());
    while (items.length === 0) items = decodeItems(await peer.frame());
    const byteCounts = { ordered: limits.peerWindowBytes / 2, bulk: 0 };
    expect(items).toEqual([{ kind: 'received', byteCounts }]);
    peer.leave();
  });
});

describe('a peer is refused', () => {
  test('with another secret, once in the log and as often as it tries', async () => {
    const node = await openNode(2);
    const timings = { backoffMsMin: 1, backoffMsMax: 1, pingMs: 10 };
    const stranger = await openNode(1, { secret: Buffer.from('wrong'), timings });
    stranger.dial(node);
    await stranger.until(() => stranger.refusals().length >= 3);
    expect(stranger.refusals()[0]).toMatchObject({ code: 'secret', proven: false });
    expect(stranger.texts('link')).toEqual([]);
    expect(warnings(node)).toHaveLength(1);
    expect(warnings(stranger)).toHaveLength(1);
    expect(warnings(node)[0]).toContain('do not have the same cluster secret');
    await expectUndisturbed(node);
  });

  test('without a secret by a node that has one', async () => {
    const node = await openNode(2);
    const stranger = await openNode(1, { secret: undefined });
    stranger.dial(node);
    await stranger.untilText('refused', '2 secret');
  });

  test('of another cluster, with the words of the node that was dialled', async () => {
    const node = await openNode(2, {
      accept: ({ clusterId }) =>
        clusterId === helloOf(2).clusterId
          ? undefined
          : { code: 'OTHER_CLUSTER', text: `this is ${helloOf(2).clusterId}, not ${clusterId}` },
    });
    const stranger = await openNode(1, {}, { clusterId: 'f'.repeat(32) });
    stranger.dial(node);
    await stranger.untilText('refused', '2 OTHER_CLUSTER');
    expect(stranger.refusals()[0]).toEqual({
      code: 'OTHER_CLUSTER',
      text: `this is ${helloOf(2).clusterId}, not ${'f'.repeat(32)}`,
      proven: true,
    });
    expect(warnings(node)[0]).toContain('a peer was refused: OTHER_CLUSTER');
    expect(node.texts('incoming')).toEqual([]);
    await expectUndisturbed(node);
  });

  test('with another version of the protocol', async () => {
    const node = await openNode(2);
    const later = await openNode(1, {}, { protocolVersion: 3 });
    later.dial(node);
    await later.untilText('refused', '2 protocol-version');
    expect(warnings(node)[0]).toContain('protocol version 2 is spoken here, and 3');
    await expectUndisturbed(node);
  });

  test('by the node that dialled it, too', async () => {
    const node = await openNode(2, { accept: () => undefined });
    const choosy = await openNode(1, { accept: () => ({ code: 'UNFIT', text: 'no' }) });
    choosy.dial(node);
    await choosy.untilText('refused', '2 UNFIT');
    expect(choosy.refusals()[0]?.proven).toBe(false);
    await node.untilText('incoming', '1 down');
    expect(choosy.texts('link')).toEqual([]);
  });

  test('that has the id of the node itself', async () => {
    const node = await openNode(2);
    const twin = await openNode(1, {}, { nodeId: 2 });
    twin.transport.setPeers([{ nodeId: 3, address: node.address }]);
    await twin.untilText('refused', '3 node-id-in-use');
  });

  test('that has the id of another peer which is there', async () => {
    const node = await openNode(2);
    const first = await openNode(1);
    first.dial(node);
    await first.untilText('link', '2 up');
    const second = await openNode(1);
    second.dial(node);
    await second.untilText('refused', '2 node-id-in-use');
    expect(second.refusals()[0]?.proven).toBe(true);
    expect(first.texts('link')).toEqual(['2 up']);
    await first.close();
    await second.untilText('link', '2 up');
  });

  test('that is another node than the address was given for', async () => {
    const node = await openNode(2);
    const dialler = await openNode(1);
    dialler.transport.setPeers([{ nodeId: 3, address: node.address }]);
    await dialler.untilText('refused', '3 other-node');
    expect(dialler.refusals()[0]?.text).toContain('node 3 was expected');
    expect(dialler.refusals()[0]?.text).toContain('node 2 is there');
  });
});

describe('without a secret', () => {
  test('nodes of one machine link', async () => {
    const left = await openNode(1, { secret: undefined });
    const right = await openNode(2, { secret: undefined });
    left.dial(right);
    await left.untilText('link', '2 up');
    left.transport.send(2, opaque('control', 'hello'));
    left.transport.flush();
    await right.untilText('packet', '1 control');
  });

  test.each(['0.0.0.0', '::'])('no port is opened on %s', async (host) => {
    const opening = openNode(1, { secret: undefined, listen: { host, port: 0 } });
    await expect(opening).rejects.toMatchObject({ code: 'PEER_SECRET_MISSING' });
    await openNode(1, { secret, listen: { host: '0.0.0.0', port: 0 } });
  });

  test('no other machine is dialled', async () => {
    const node = await openNode(1, { secret: undefined });
    // An address for documentation (RFC 5737): nobody has it.
    node.transport.setPeers([{ nodeId: 2, address: '192.0.2.1:17379' }]);
    await node.until(() => node.texts('log').some((text) => text.includes('not on this machine')));
  });
});

test('an address that is none is logged and not dialled', async () => {
  const node = await openNode(1);
  node.transport.setPeers([
    { nodeId: 2, address: 'nowhere' },
    { nodeId: 3, address: '[::1]:70000' },
  ]);
  expect(warnings(node)).toHaveLength(2);
});

test('a port that is taken is said to be so', async () => {
  const node = await openNode(1);
  const second = openNode(2, { listen: node.transport.address });
  await expect(second).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
});

function pieceOf(bytes: Buffer): Buffer {
  const writer = new ByteWriter();
  writePiece(writer, { kind: 'piece', lane: 'bulk', last: true, bytes });
  return writer.take();
}
