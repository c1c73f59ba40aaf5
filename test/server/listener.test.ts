import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, test } from 'vitest';
import { FencepostError } from '../../src/base/errors.ts';
import { Listener, type ListenerSettings } from '../../src/server/listener.ts';
import { TestServer } from './test-server.ts';

const listeners: Listener[] = [];

afterEach(async () => {
  await Promise.all(listeners.splice(0).map((listener) => listener.stop(0)));
});

async function listen(
  server = new TestServer(),
  settings: Partial<ListenerSettings> = {},
  hosts: readonly string[] = ['127.0.0.1'],
): Promise<Listener> {
  const listener = await Listener.open({
    hosts,
    port: 0,
    settings: {
      maxClients: 100,
      timeoutSeconds: 0,
      keepAliveSeconds: 300,
      protectedMode: true,
      passwordRequired: false,
      ...settings,
    },
    services: server.services,
  });
  listeners.push(listener);
  return listener;
}

function portOf(listener: Listener): number {
  return listener.addresses[0]?.port ?? 0;
}

function dial(listener: Listener, host = '127.0.0.1'): Socket {
  return connect({ host, port: portOf(listener) });
}

async function readToEnd(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  await once(socket, 'close');
  return text;
}

async function exchange(socket: Socket, line: string): Promise<string> {
  socket.write(`${line}\r\n`);
  const [chunk] = await once(socket, 'data');
  return String(chunk);
}

describe('a listener', () => {
  test('serves connections, and tells commands where they come from', async () => {
    const server = new TestServer();
    const listener = await listen(server);
    const socket = dial(listener);
    expect(await exchange(socket, 'PING')).toBe('+PONG\r\n');
    const [session] = [...server.registry.all()];
    expect(session?.peerAddress).toBe(`127.0.0.1:${socket.localPort}`);
    expect(session?.localAddress).toBe(`127.0.0.1:${portOf(listener)}`);
    socket.destroy();
  });

  test('listens on every host, on the same port', async () => {
    const listener = await listen(new TestServer(), {}, ['127.0.0.1', '127.0.0.2', '-192.0.2.1']);
    expect(listener.addresses.map(({ host }) => host)).toEqual(['127.0.0.1', '127.0.0.2']);
    for (const { host, port } of listener.addresses) {
      const socket = connect({ host, port });
      expect(await exchange(socket, 'PING')).toBe('+PONG\r\n');
      socket.destroy();
    }
  });

  test('refuses more clients than it may have', async () => {
    const server = new TestServer();
    const listener = await listen(server, { maxClients: 1 });
    const first = dial(listener);
    await exchange(first, 'PING');
    expect(await readToEnd(dial(listener))).toBe('-ERR max number of clients reached\r\n');
    expect(server.events).toContain('refused: maxclients');
    first.destroy();
    while (server.registry.size > 0) await turn();
    const next = dial(listener);
    expect(await exchange(next, 'PING')).toBe('+PONG\r\n');
    next.destroy();
  });

  test('listens on all of IPv4 and all of IPv6, where there is IPv6', async () => {
    for (const hosts of [
      ['*', '-::'],
      ['-::', '0.0.0.0'],
    ]) {
      const listener = await listen(new TestServer(), {}, hosts);
      const families = listener.addresses.map(({ host }) => host).sort();
      expect(['0.0.0.0', '0.0.0.0 ::']).toContain(families.join(' '));
      const socket = dial(listener);
      expect(await exchange(socket, 'PING')).toBe('+PONG\r\n');
      socket.destroy();
    }
  });

  test('says that the port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    await expect(openAt('127.0.0.1', port)).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
    other.close();
  });

  test('tells that it could listen, and listens no more', async () => {
    const listener = await listen();
    const [{ host, port } = { host: '', port: 0 }] = listener.addresses;
    const taken = Listener.check({ hosts: [host], port });
    await expect(taken).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
    await listener.stop(0);
    await Listener.check({ hosts: [host], port });
    await Listener.check({ hosts: [host], port });
  });

  test.each(['192.0.2.1', 'no-such-host.invalid'])(
    'says that the address is not available: %s',
    async (host) => {
      const failure = await openAt(host, 0).catch((reason: unknown) => reason);
      expect(failure).toBeInstanceOf(FencepostError);
      expect(failure).toMatchObject({ code: 'ADDRESS_UNAVAILABLE' });
    },
  );
});

describe('protected mode', () => {
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')?.address;

  test.skipIf(outside === undefined)(
    'serves only this machine while there is no password',
    async () => {
      const server = new TestServer();
      const listener = await listen(server, {}, ['*']);
      const local = dial(listener);
      expect(await exchange(local, 'PING')).toBe('+PONG\r\n');
      expect(await readToEnd(dial(listener, outside))).toMatch(/^-DENIED .+\r\n$/);
      expect(server.events).toContain('refused: protected mode');
      local.destroy();
    },
  );

  test.skipIf(outside === undefined).each([{ passwordRequired: true }, { protectedMode: false }])(
    'serves everybody with %j',
    async (settings) => {
      const listener = await listen(new TestServer(), settings, ['*']);
      const socket = dial(listener, outside);
      expect(await exchange(socket, 'nonsense')).toMatch(/^-ERR unknown command/);
      socket.destroy();
    },
  );
});

describe('a stop', () => {
  test('answers what is held, runs nothing new, and closes', async () => {
    const server = new TestServer({ commitByHand: true });
    const listener = await listen(server);
    const socket = dial(listener);
    socket.write('SET k v\r\n');
    while (server.router.heldCount === 0) await turn();
    const text = readToEnd(socket);
    const stopped = listener.stop(60_000);
    socket.write('SET k w\r\n');
    await turn();
    server.commit();
    await stopped;
    expect(await text).toBe('+OK\r\n');
    expect(server.router.keyspace.find(0, 'k')?.value).toBe('v');
    const late = dial(listener);
    const [failure] = await once(late, 'error');
    expect(failure).toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('does not wait longer than it is given for replies that do not come', async () => {
    const server = new TestServer({ commitByHand: true });
    const listener = await listen(server);
    const socket = dial(listener);
    socket.write('SET k v\r\n');
    while (server.router.heldCount === 0) await turn();
    const text = readToEnd(socket);
    await listener.stop(10);
    expect(await text).toBe('');
    expect(server.registry.size).toBe(0);
  });
});

function openAt(host: string, port: number): Promise<Listener> {
  const { services } = new TestServer();
  const settings: ListenerSettings = {
    maxClients: 1,
    timeoutSeconds: 0,
    keepAliveSeconds: 0,
    protectedMode: true,
    passwordRequired: false,
  };
  return Listener.open({ hosts: [host], port, settings, services });
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
