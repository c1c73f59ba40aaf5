import { afterAll, beforeAll, expect, test } from 'vitest';
import { Connection, type PlainReply } from '../../harness/connection.ts';
import { elapse } from '../../harness/elapse.ts';
import { type ServerProcess, startServer } from '../../harness/server-process.ts';

/*
 * A process that is stopped for a while (SIGSTOP, a suspended machine, a long collection) wakes up
 * with timers that are due and sockets that were never read. DESIGN.md 2: it reads the sockets
 * first, so a renewal that was sent in time and waits there is not beaten by the timer.
 */

let server: ServerProcess;
beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  await server.stop();
});

const ttlMs = 400;
const pauseMs = 900;
const holderCount = 20;

test.each([
  ['KEXTEND', (key: string) => ['KEXTEND', key, 'holder', '60000']],
  ['PEXPIRE', (key: string) => ['PEXPIRE', key, '60000']],
  ['KLOCK by its owner', (key: string) => ['KLOCK', key, 'holder', '60000']],
])(
  'a renewal by %s that waits in a socket wins over the end of its lease',
  async (name, renewal) => {
    const rivals = await open(holderCount);
    const holders = await open(holderCount);
    const keys = holders.map((_, number) => `${name}:${number}`);
    const tokens = await sendEach(holders, keys, (key) => ['KLOCK', key, 'holder', `${ttlMs}`]);
    server.signal('SIGSTOP');
    const renewed = sendEach(holders, keys, renewal);
    const tried = sendEach(rivals, keys, (key) => ['SET', key, 'rival', 'NX', 'PX', '60000']);
    await elapse(pauseMs);
    server.signal('SIGCONT');
    const expected = name === 'PEXPIRE' ? keys.map(() => 1) : tokens;
    expect(await renewed).toEqual(expected);
    expect(await tried).toEqual(keys.map(() => null));
    for (const client of [...rivals, ...holders]) client.close();
  },
);

test('a lease that nobody renewed during a pause ends after it', async () => {
  const [client] = await open(1);
  expect(await client?.send('SET', 'left', 'holder', 'NX', 'PX', `${ttlMs}`)).toBe('OK');
  server.signal('SIGSTOP');
  await elapse(pauseMs);
  server.signal('SIGCONT');
  let held: PlainReply | undefined = 'held';
  while (held !== null) {
    await elapse(5);
    held = await client?.send('GET', 'left');
  }
  client?.close();
});

async function open(count: number): Promise<readonly Connection[]> {
  return await Promise.all(Array.from({ length: count }, () => Connection.open(server.port)));
}

async function sendEach(
  clients: readonly Connection[],
  keys: readonly string[],
  commandOf: (key: string) => readonly string[],
): Promise<readonly PlainReply[]> {
  return await Promise.all(clients.map((client, at) => client.send(...commandOf(keys[at] ?? ''))));
}
