import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LinkProxy } from '../../chaos/link-proxy.ts';
import { ownerOfPort } from '../../chaos/socket-owner.ts';
import { monotonicMs } from '../../harness/elapse.ts';
import { Prng } from '../../src/base/prng.ts';

const host = '127.0.0.1';
const caller = 2;

let echo: Server;
let proxy: LinkProxy;
let client: Socket;
const sockets = new Set<Socket>();

beforeEach(async () => {
  echo = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => echo.listen({ host, port: 0 }, resolve));
  const address = echo.address();
  const port = address === null || typeof address === 'string' ? 0 : address.port;
  proxy = await LinkProxy.open({
    nodeId: 1,
    listen: { host, port: 0 },
    target: { host, port },
    prng: new Prng(1),
    identify: () => caller,
  });
  client = connect({ host, port: proxy.port, noDelay: true });
});

afterEach(async () => {
  client.destroy();
  await proxy.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => echo.close(resolve));
});

/** What comes back, until it is this long. */
async function answer(length: number): Promise<string> {
  let text = '';
  return await new Promise((resolve) => {
    client.on('data', (bytes) => {
      text += bytes.toString('latin1');
      if (text.length >= length) resolve(text);
    });
  });
}

test('bytes pass both ways in their order', async () => {
  const sent = Array.from({ length: 200 }, (_, number) => `${number},`).join('');
  const back = answer(sent.length);
  for (const character of sent.split(',')) if (character !== '') client.write(`${character},`);
  expect(await back).toBe(sent);
});

test('a slow link keeps the order and delays each way', async () => {
  proxy.setSlowness({ delayMs: 30, jitterMs: 20 });
  const startedAtMs = monotonicMs();
  const back = answer(6);
  client.write('abc');
  client.write('def');
  expect(await back).toBe('abcdef');
  expect(monotonicMs() - startedAtMs).toBeGreaterThanOrEqual(60);
});

test.each([
  ['inward', { inward: false, outward: true }],
  ['outward', { inward: true, outward: false }],
])('a link that is cut %s holds its bytes until it heals', async (_, passage) => {
  const first = answer(1);
  client.write('1');
  expect(await first).toBe('1');
  proxy.setPassages(new Map([[caller, passage]]));
  let healed = false;
  const second = answer(1).then((text) => ({ text, healed }));
  client.write('2');
  // A connection of another caller is served meanwhile: so much time has passed for this one.
  await new Promise<void>((resolve) => {
    const other = connect({ host, port: proxy.port }, () => {
      other.destroy();
      resolve();
    });
  });
  healed = true;
  proxy.setPassages(new Map());
  expect(await second).toEqual({ text: '2', healed: true });
});

test('the process at the other end of a connection is known by its port', async () => {
  await answerOnce();
  expect(ownerOfPort(client.localPort ?? 0, [process.ppid, process.pid])).toBe(process.pid);
  expect(ownerOfPort(client.localPort ?? 0, [process.ppid])).toBeUndefined();
});

async function answerOnce(): Promise<void> {
  const back = answer(1);
  client.write('1');
  await back;
}
