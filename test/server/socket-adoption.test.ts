import { once } from 'node:events';
import { connect, createServer, Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { adoptSocket } from '../../src/server/socket-adoption.ts';

/** A connection, seen from both ends. */
interface Pair {
  readonly client: Socket;
  readonly adopted: Socket;
  readonly accepted: Socket;
  /** When the server that accepted the connection has closed; it was told to at once. */
  readonly serverClosed: Promise<unknown>;
  /** What the adopted socket has read. */
  text: string;
  /** Called after each read. */
  onText: () => void;
}

const opened: { destroy(): void }[] = [];

afterEach(() => {
  for (const each of opened.splice(0)) each.destroy();
});

async function openPair(): Promise<Pair> {
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const client = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  const pair = await new Promise<Pair>((resolve) => {
    server.once('connection', (accepted: Socket) => {
      const adopted = adoptSocket(accepted, (buffer, length) => {
        made.text += buffer.toString('latin1', 0, length);
        made.onText();
      });
      const serverClosed = once(server, 'close');
      server.close();
      const made: Pair = { client, adopted, accepted, serverClosed, text: '', onText: () => {} };
      resolve(made);
    });
  });
  if (client.connecting) await once(client, 'connect');
  opened.push(client, pair.adopted);
  return pair;
}

async function readUntil(pair: Pair, length: number): Promise<string> {
  await new Promise<void>((resolve) => {
    pair.onText = () => {
      if (pair.text.length >= length) resolve();
    };
    pair.onText();
  });
  return pair.text;
}

describe('an adopted socket', () => {
  test('hands over what it reads instead of emitting it', async () => {
    const pair = await openPair();
    expect(pair.adopted).not.toBe(pair.accepted);
    let emitted = 0;
    pair.adopted.on('data', () => {
      emitted += 1;
    });
    pair.client.write('first');
    expect(await readUntil(pair, 5)).toBe('first');
    pair.client.write('second');
    expect(await readUntil(pair, 11)).toBe('firstsecond');
    expect(emitted).toBe(0);
  });

  test('reads what its own peer sent, while others read into the same buffer', async () => {
    const pairs = await Promise.all(Array.from({ length: 20 }, openPair));
    const texts = pairs.map((_, at) => String.fromCharCode(97 + at).repeat(200_000));
    for (const [at, { client }] of pairs.entries()) client.write(texts[at] ?? '');
    expect(await Promise.all(pairs.map((pair) => readUntil(pair, 200_000)))).toEqual(texts);
  });

  test('has the addresses of the connection, and writes to it', async () => {
    const { client, adopted } = await openPair();
    expect(adopted.remotePort).toBe(client.localPort);
    expect(adopted.localPort).toBe(client.remotePort);
    adopted.write('reply', 'latin1');
    const [chunk] = await once(client, 'data');
    expect(String(chunk)).toBe('reply');
  });

  test('reads nothing while it is paused', async () => {
    const pair = await openPair();
    const other = await openPair();
    pair.adopted.pause();
    await new Promise((resolve) => pair.client.write('x', resolve));
    // A second connection's byte, which was sent later, is read: the first one's is there, too.
    other.client.write('y');
    await readUntil(other, 1);
    expect(pair.text).toBe('');
    pair.adopted.resume();
    expect(await readUntil(pair, 1)).toBe('x');
  });

  test('may be paused within a read, and reads the rest later', async () => {
    const pair = await openPair();
    const bytes = 1_000_000;
    let largest = 0;
    let seen = 0;
    const done = new Promise<void>((resolve) => {
      pair.onText = () => {
        largest = Math.max(largest, pair.text.length - seen);
        seen = pair.text.length;
        pair.adopted.pause();
        setImmediate(() => pair.adopted.resume());
        if (seen === bytes) resolve();
      };
    });
    pair.client.write('z'.repeat(bytes));
    await done;
    expect(largest).toBeLessThanOrEqual(64 * 1024);
  });

  test('still writes after the peer has ended its side', async () => {
    const pair = await openPair();
    pair.client.end('last');
    await once(pair.adopted.resume(), 'end');
    expect(pair.text).toBe('last');
    pair.adopted.end('answer');
    let text = '';
    pair.client.on('data', (chunk) => {
      text += String(chunk);
    });
    await once(pair.client, 'close');
    expect(text).toBe('answer');
  });

  test('closes when the peer is gone', async () => {
    const { client, adopted } = await openPair();
    adopted.on('error', () => {});
    const closed = new Promise((resolve) => adopted.once('close', resolve));
    client.resetAndDestroy();
    await closed;
    expect(adopted.destroyed).toBe(true);
  });

  test('does not keep the server that accepted it from closing', async () => {
    const { adopted, serverClosed } = await openPair();
    await serverClosed;
    expect(adopted.destroyed).toBe(false);
  });
});

describe('a socket that keeps its connection elsewhere', () => {
  test('stays as it is', () => {
    const socket = new Socket();
    expect(adoptSocket(socket, () => {})).toBe(socket);
    expect(socket.destroyed).toBe(false);
  });
});
