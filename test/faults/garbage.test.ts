import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Connection } from '../../harness/connection.ts';
import { requestOf } from '../../harness/request.ts';
import { type ServerProcess, startServer } from '../../harness/server-process.ts';
import { Prng } from '../../src/base/prng.ts';
import { numberFromEnvironment, seedOf } from '../seed.ts';

const connectionCount = numberFromEnvironment('FENCEPOST_GARBAGE', 600);
const atOnce = 20;
/** How long a connection stays open that the server neither answers nor ends. */
const patienceMs = 50;
const memoryGrowthMax = 256 * 1024 * 1024;

let server: ServerProcess;
beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  await server.stop();
});

test('bytes that are no requests end in errors: no crash, no hang, bounded memory', async () => {
  const prng = new Prng(seedOf());
  const keeper = await Connection.open(server.port);
  const token = await keeper.send('KLOCK', 'kept', 'keeper', '600000');
  const before = await residentBytes();
  for (let done = 0; done < connectionCount; done += atOnce) {
    const payloads = Array.from({ length: atOnce }, () => payloadOf(prng));
    await Promise.all(payloads.map(exchange));
    const fresh = await Connection.open(server.port);
    expect(await fresh.send('PING'), server.output).toBe('PONG');
    fresh.close();
  }
  expect(await residentBytes()).toBeLessThan(before + memoryGrowthMax);
  expect(await keeper.send('PING')).toBe('PONG');
  expect(await keeper.send('KEXTEND', 'kept', 'keeper', '600000')).toBe(token);
  expect(server.output).not.toMatch(/assertion|unhandled/i);
  keeper.close();
});

/** Sends the bytes in pieces and reads until the server ends it or says no more. */
async function exchange(payload: readonly Buffer[]): Promise<void> {
  await new Promise<void>((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: server.port });
    const finish = (): void => {
      socket.destroy();
      resolve();
    };
    socket.setTimeout(patienceMs, finish);
    socket.on('error', finish);
    socket.on('close', finish);
    socket.on('data', () => {});
    for (const piece of payload) socket.write(piece);
  });
}

const kinds = ['noise', 'mutated', 'headers', 'unfinished', 'other protocol', 'commands'] as const;

/** In pieces, because a parser may fail only at a border. Nothing here removes every key. */
function payloadOf(prng: Prng): readonly Buffer[] {
  const bytes = bytesOfKind(prng, prng.pick(kinds));
  const cut = prng.below(bytes.length + 1);
  return [bytes.subarray(0, cut), bytes.subarray(cut)];
}

function bytesOfKind(prng: Prng, kind: (typeof kinds)[number]): Buffer {
  switch (kind) {
    case 'noise':
      return noise(prng, prng.between(1, 4_096));
    case 'mutated': {
      const bytes = Buffer.from(
        requestOf(['SET', 'garbage', 'owner', 'NX', 'PX', '100']).repeat(9),
      );
      for (let count = prng.between(1, 8); count > 0; count -= 1) {
        bytes[prng.below(bytes.length)] = prng.below(256);
      }
      return bytes;
    }
    case 'headers':
      return Buffer.from(`${prng.pick(headers)}${prng.pick(['\r\n', '\n', '\r', ''])}`, 'latin1');
    case 'unfinished':
      return Buffer.concat([
        Buffer.from('*3\r\n$3\r\nSET\r\n$7\r\ngarbage\r\n$1048576\r\n'),
        noise(prng, prng.between(0, 512 * 1024)),
      ]);
    case 'other protocol':
      return Buffer.from(prng.pick(otherProtocols), 'latin1');
    case 'commands':
      return Buffer.from(requestOf([prng.pick(names), ...words(prng)]), 'latin1');
  }
}

const headers = [
  '*-1',
  '*0',
  '*4294967296',
  '*99999999999999999999',
  '*1\r\n$-1',
  '*1\r\n$99999999999',
  '*1\r\n$abc',
  '*1\r\n:5',
  '*65537',
  '$5\r\nhello',
  '*1\r\n*1\r\n*1',
  '*2\r\n$4\r\nECHO\r\n$3\r\nabcdef',
  '"unbalanced',
  `SET ${'k'.repeat(70_000)}`,
];

const otherProtocols = [
  'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'POST /kv HTTP/1.1\r\nContent-Length: 5\r\n\r\nSET a',
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  'SSH-2.0-OpenSSH_9.2\r\n',
  '\x00\x00\x00\x00',
];

/** Commands with arguments at random; those that would stop the server or free `kept` are out. */
const names = [
  'SET',
  'GET',
  'EVAL',
  'KLOCK',
  'CLIENT',
  'HELLO',
  'SUBSCRIBE',
  'MULTI',
  'XADD',
  'SCAN',
];

function words(prng: Prng): string[] {
  return Array.from({ length: prng.below(6) }, () =>
    prng.pick([
      'a',
      '-1',
      '0',
      'NX',
      'PX',
      '99999999999999999999',
      '\0\r\n',
      'LIST',
      '*',
      'garbage',
    ]),
  );
}

function noise(prng: Prng, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let at = 0; at < length; at += 1) bytes[at] = prng.below(256);
  return bytes;
}

async function residentBytes(): Promise<number> {
  const status = await readFile(`/proc/${server.pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1_024;
}
