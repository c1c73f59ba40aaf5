import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../harness/eventually.ts';
import { NodeGroup } from '../../harness/node-group.ts';
import { frameOf } from '../../src/transport/frame.ts';
import { encodeGreeting } from '../../src/transport/handshake-codec.ts';
import { Stranger } from '../transport/stranger.ts';
import { LockLoad } from './lock-load.ts';

let group: NodeGroup;
let load: LockLoad;

beforeAll(async () => {
  group = await NodeGroup.start();
  load = new LockLoad([1, 2, 3].map((id) => group.place(id).port));
  await load.grants(1);
});

afterAll(async () => {
  await load.stop();
  await group.stop();
});

/** The whole of `use` is one fault: the cluster goes on, and no group changes its leader. */
async function undisturbed(use: () => Promise<void>): Promise<void> {
  const termsBefore = (await group.lines(1)).map(({ term }) => term);
  await use();
  await load.grants(10);
  expect((await group.lines(1)).map(({ term }) => term)).toEqual(termsBefore);
  expect(load.errors).toEqual([]);
  expect(load.violations).toEqual([]);
}

async function dial(id: number): Promise<Stranger> {
  return await Stranger.connect({ host: '127.0.0.1', port: group.place(id).peerPort });
}

async function logged(id: number, line: RegExp): Promise<void> {
  await eventually(`node ${id} logs ${line}`, 5_000, () =>
    line.test(group.server(id).output) ? true : undefined,
  );
}

test.each([
  ['garbage', Buffer.from('ffffffffff00112233445566778899aabbccddeeff', 'hex')],
  ['a command', '*1\r\n$4\r\nPING\r\n'],
  ['an inline command', 'SET lock:1 stolen\r\n'],
  ['a request of HTTP', 'GET / HTTP/1.1\r\nHost: fencepost\r\n\r\n'],
])('the peer port ends a connection that brings %s, without an answer', async (_name, bytes) => {
  await undisturbed(async () => {
    const stranger = await dial(1);
    stranger.write(bytes);
    await stranger.ended();
    expect(stranger.receivedBytes).toBe(0);
    await logged(1, /warn +a connection was no peer/);
  });
});

test('a peer that speaks another version of the protocol is refused and logged', async () => {
  await undisturbed(async () => {
    const stranger = await dial(2);
    stranger.write(frameOf(encodeGreeting(99, Buffer.alloc(32, 'n')), 0));
    await stranger.ended();
    await logged(2, /warn +a peer was refused: protocol-version .*2 is spoken here, and 99/);
  });
});

test('a peer with another secret is refused and logged', async () => {
  await undisturbed(async () => {
    const address = { host: '127.0.0.1', port: group.place(3).peerPort };
    await expect(Stranger.linked(address, 2)).rejects.toThrow('refused');
    await logged(3, /warn +a peer was refused: secret /);
  });
});

test('the client port takes no frames of peers', async () => {
  const socket = connect({ host: '127.0.0.1', port: group.place(1).port });
  await once(socket, 'connect');
  let reply = '';
  socket.on('data', (chunk: Buffer) => {
    reply += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  socket.write(frameOf(encodeGreeting(2, Buffer.alloc(32, 'n')), 0));
  socket.end('\r\n');
  await once(socket, 'close');
  expect(reply).toMatch(/^(-ERR [^\r]+\r\n)*$/);
});

test('connections to the peer port that say nothing keep no peer out', async () => {
  // Node 3 is killed, which its clients notice; the others are locked through elsewhere.
  await load.stop();
  const silent = await Promise.all(Array.from({ length: 100 }, () => dial(2)));
  await group.end(3, 'SIGKILL');
  await group.start(3);
  await group.leaders();
  for (const stranger of silent) stranger.leave();
  expect(group.server(2).output).toContain('too many connections have not done their handshake');
});
