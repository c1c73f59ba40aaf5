import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { bytesField, findBytes, numberField } from '../../bench/etcd-client.ts';
import { parseOptions } from '../../bench/options.ts';
import { PairNames } from '../../bench/pair-load.ts';
import { runQuorum } from '../../bench/quorum-load.ts';
import { failoverTable, idleTable } from '../../bench/report.ts';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A server that answers each request it gets with one reply, as Redis would. */
async function answering(replyTo: (request: string) => string): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      for (const request of chunk.toString('latin1').split('*').slice(1)) {
        socket.write(replyTo(request));
      }
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  const address = server.address();
  return address === null || typeof address === 'string' ? 0 : address.port;
}

const grants = (request: string): string => (request.includes('SET') ? '+OK\r\n' : ':1\r\n');
const refuses = (request: string): string => (request.includes('SET') ? '$-1\r\n' : ':0\r\n');
const job = { clients: 2, warmupMs: 5, measureMs: 40 };

describe('the bare loop of Redlock', () => {
  test('counts a pair when a majority of the servers agreed', async () => {
    const ports = [await answering(grants), await answering(refuses), await answering(grants)];
    const result = await runQuorum({ ports, ...job });
    expect(result.pairsPerSecond).toBeGreaterThan(0);
  });

  test('fails when a majority refuses, instead of counting', async () => {
    const ports = [await answering(refuses), await answering(grants), await answering(refuses)];
    await expect(runQuorum({ ports, ...job })).rejects.toThrow('a majority replied $-1');
  });

  test('fails when a server replies with an error', async () => {
    const broken = await answering(() => '-MISCONF no\r\n');
    const ports = [await answering(grants), broken, await answering(grants)];
    await expect(runQuorum({ ports, ...job })).rejects.toThrow('MISCONF');
  });
});

test('names of locks come again after a thousand, owners never do', () => {
  const names = new PairNames(3);
  const seen = Array.from({ length: 1_001 }, () => names.next());
  expect(seen[0]?.key).toBe('bench:0003-00:001');
  expect(seen[1_000]?.key).toBe(seen[0]?.key);
  expect(new Set(seen.map(({ owner }) => owner)).size).toBe(1_001);
});

test('fields of a Protocol Buffers message are encoded as its page on encoding shows', () => {
  // protobuf.dev, "A Simple Message": field 1 with 150; "Length-Delimited Records": field 2.
  expect(numberField(1, 150).toString('hex')).toBe('089601');
  expect(bytesField(2, Buffer.from('testing')).toString('hex')).toBe('120774657374696e67');
  const large = numberField(2, 2 ** 41 + 1);
  const message = Buffer.concat([bytesField(1, Buffer.from('header')), large]);
  const whole = Buffer.concat([message, bytesField(2, Buffer.alloc(300, 'k'))]);
  expect(findBytes(whole, 2)).toEqual(Buffer.alloc(300, 'k'));
  expect(findBytes(message, 2)).toBeUndefined();
});

test('the parts of a run are chosen by options', () => {
  expect(parseOptions([]).parts).toBe('both');
  expect(parseOptions(['--recovery']).parts).toBe('single');
  expect(parseOptions(['--cluster', '--kills', '0'])).toMatchObject({ parts: 'cluster', kills: 0 });
  expect(() => parseOptions(['--kills=-1'])).toThrow('--kills -1 is not valid');
});

test('the tables of failover and of an idle cluster tell their units', () => {
  const failover = { kills: 30, medianMs: 640.4, worstMs: 1_234, allMs: [] };
  expect(failoverTable(failover)).toMatch(/worst +1234 ms$/);
  const load = { partitions: 64, leases: 10_000, seconds: 20 };
  const idle = { ...load, nodeCpuFirst: [0.0234, undefined], nodeCpu: [0.0123, undefined] };
  expect(idleTable(idle)).toMatch(/node 1 +2\.34 % of a core +1\.23 % of a core\nnode 2 +- +-$/);
});
