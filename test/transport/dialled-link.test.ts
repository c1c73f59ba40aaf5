import { afterEach, expect, test } from 'vitest';
import { ByteWriter } from '../../src/base/byte-writer.ts';
import { limits } from '../../src/base/limits.ts';
import { decodeItems, writePacket, writeReceived } from '../../src/transport/packet-codec.ts';
import { Acceptor } from './acceptor.ts';
import { heartbeat, opaque, TransportNode } from './transport-node.ts';

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

/** A node that dials a peer which then does only what the test says. */
async function openDialler(
  changes: Parameters<typeof TransportNode.open>[1],
  { handshakes } = { handshakes: true },
): Promise<readonly [TransportNode, Acceptor]> {
  const acceptor = await Acceptor.open({ handshakes });
  const node = await TransportNode.open(1, changes);
  closing.push(
    () => node.close(),
    () => acceptor.close(),
  );
  node.transport.setPeers([{ nodeId: 2, address: acceptor.address }]);
  if (handshakes) await node.untilText('link', '2 up');
  return [node, acceptor];
}

test('a peer that takes a connection and says nothing is dialled again', async () => {
  const timings = { handshakeMs: 50, backoffMsMin: 1, backoffMsMax: 1 };
  const [node, acceptor] = await openDialler({ timings }, { handshakes: false });
  await acceptor.until(() => acceptor.connectionCount >= 3);
  expect(node.texts('link')).toEqual([]);
});

test('a port that speaks something else is no peer', async () => {
  const [node, acceptor] = await openDialler({}, { handshakes: false });
  await acceptor.until(() => acceptor.connectionCount === 1);
  acceptor.write('-ERR Protocol error\r\n');
  await node.until(() => node.texts('log').some((text) => text.includes('is down')));
  expect(node.texts('link')).toEqual([]);
});

test('a link on which nothing is heard goes down', async () => {
  const [node] = await openDialler({ timings: { silenceMs: 100 } });
  await node.untilText('link', '2 down');
  expect(node.transport.send(2, heartbeat(0, 1))).toBe(false);
});

test('a pause of the process alone does not take a link down', async () => {
  let pausedMs = 0;
  const monotonicMs = () => performance.now() + pausedMs;
  const [node, acceptor] = await openDialler({ monotonicMs, timings: { silenceMs: 5_000 } });
  pausedMs = 60_000;
  // Pings are sent by the sweeps that could judge.
  const known = acceptor.bodies.length;
  await acceptor.until(() => acceptor.bodies.length > known);
  acceptor.sendFrame(Buffer.alloc(0));
  await acceptor.until(() => acceptor.bodies.length > known + 2);
  expect(node.texts('link')).toEqual(['2 up']);
});

test('what the peer does not confirm is not followed by more, except by raft', async () => {
  const [node, acceptor] = await openDialler({});
  const requestBytes = 50_000;
  for (let count = 0; count < 100; count += 1) {
    node.transport.send(2, { kind: 'request', body: Buffer.alloc(requestBytes, 'r') });
  }
  node.transport.flush();
  node.transport.flush();
  node.transport.send(2, heartbeat(3, 1));
  node.transport.flush();
  const packets = () =>
    acceptor.bodies.flatMap(decodeItems).filter((item) => item.kind === 'packet');
  const isRaft = (item: ReturnType<typeof packets>[number]) =>
    item.kind === 'packet' && item.packet.kind === 'raft';
  await acceptor.until(() => packets().some(isRaft));
  expect(acceptor.bodyBytes).toBeLessThan(limits.peerWindowBytes + 2 * requestBytes);
  expect(packets().findIndex(isRaft)).toBe(packets().length - 1);

  const before = packets().length - 1;
  const writer = new ByteWriter();
  writeReceived(writer, { ordered: before * requestBytes, bulk: 0 });
  acceptor.sendFrame(writer.take());
  await acceptor.until(() => packets().length > before + 5);
});

test('a peer that confirms what it was never sent loses the link', async () => {
  const [node, acceptor] = await openDialler({});
  const writer = new ByteWriter();
  writeReceived(writer, { ordered: 1, bulk: 0 });
  acceptor.sendFrame(writer.take());
  await node.untilText('link', '2 down');
});

test('a peer that sends packets on the link that it did not dial loses it', async () => {
  const [node, acceptor] = await openDialler({});
  const writer = new ByteWriter();
  writePacket(writer, opaque('request', 'backwards'));
  acceptor.sendFrame(writer.take());
  await node.untilText('link', '2 down');
  expect(node.packets()).toEqual([]);
});
