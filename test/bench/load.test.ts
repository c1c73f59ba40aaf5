import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { runFill } from '../../bench/fill.ts';
import { runLoad } from '../../bench/load.ts';
import { ReplyScanner } from '../../bench/reply-scanner.ts';
import { advance, batchesOf, expectations, releaseSha1 } from '../../bench/requests.ts';

const { ok, one, token } = expectations;

describe('a request batch', () => {
  test('spells a pair as Redis clients do', () => {
    const texts = batchesOf('set', 7, 1).map(({ bytes }) => bytes.toString('latin1'));
    expect(texts[0]).toMatch(
      /^\*6\r\n\$3\r\nSET\r\n.*\$2\r\nNX\r\n\$2\r\nPX\r\n\$5\r\n30000\r\n$/s,
    );
    expect(texts[1]).toContain(`EVALSHA\r\n$40\r\n${releaseSha1}\r\n$1\r\n1\r\n`);
  });

  test('moves its key and its owner on, and release follows acquire', () => {
    const [acquire, release] = batchesOf('set', 0, 1);
    const owners = new Set<string | undefined>();
    for (let round = 0; round < 1_100; round += 1) {
      if (acquire === undefined || release === undefined) break;
      advance(acquire);
      advance(release);
      const [ofAcquire, ofRelease] = [acquire, release].map(({ bytes }) => {
        const match = /bench:(\S+)\r\n\$\d+\r\nowner-(\S+)\r\n/.exec(bytes.toString('latin1'));
        return match?.[0];
      });
      expect(ofAcquire).toBeDefined();
      expect(ofRelease).toBe(ofAcquire);
      owners.add(ofAcquire);
    }
    expect(owners.size).toBe(1_100);
  });

  test('holds as many pairs as its depth, each with names of its own', () => {
    const [batch, ...rest] = batchesOf('klock', 3, 16);
    expect(rest).toEqual([]);
    expect([...(batch?.expected ?? [])]).toEqual(
      Array.from({ length: 16 }, () => [token, one]).flat(),
    );
    const text = batch?.bytes.toString('latin1') ?? '';
    expect(new Set(text.match(/bench:\S+/g)).size).toBe(16);
  });
});

describe('the reply scanner', () => {
  test('counts expected replies, however they are cut', () => {
    const bytes = Buffer.from('+OK\r\n:1\r\n:4711\r\n');
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const scanner = new ReplyScanner();
      scanner.expect(Uint8Array.of(ok, one, token));
      const head = bytes.subarray(0, cut);
      const tail = bytes.subarray(cut);
      expect(scanner.scan(head, head.length) + scanner.scan(tail, tail.length)).toBe(3);
    }
  });

  test.each([
    ['a refused acquisition', ok, '$-1\r\n'],
    ['a refused acquisition in RESP3', ok, '_\r\n'],
    ['an error', ok, '-ERR no\r\n'],
    ['a release of nothing', one, ':0\r\n'],
    ['a release of eleven', one, ':11\r\n'],
    ['a token of zero', token, ':0\r\n'],
    ['a negative token', token, ':-1\r\n'],
  ])('refuses %s', (_, expected, text) => {
    const scanner = new ReplyScanner();
    scanner.expect(Uint8Array.of(expected));
    const bytes = Buffer.from(text);
    expect(() => scanner.scan(bytes, bytes.length)).toThrow('does not expect');
  });

  test('refuses a reply that nobody asked for', () => {
    const scanner = new ReplyScanner();
    scanner.expect(Uint8Array.of(ok));
    const bytes = Buffer.from('+OK\r\n+OK\r\n');
    expect(() => scanner.scan(bytes, bytes.length)).toThrow('does not expect');
  });
});

describe('the load', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  /** Answers every request by the name of its command. */
  async function serve(replyTo: (name: string) => string): Promise<number> {
    const server = createServer((socket: Socket) => {
      socket.on('data', (chunk) => {
        const names = chunk.toString('latin1').match(/(?<=\*\d\r\n\$\d\r\n)[A-Z]+/g) ?? [];
        socket.write(names.map(replyTo).join(''));
      });
      socket.on('error', () => socket.destroy());
    });
    servers.push(server);
    return await new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        resolve(address === null || typeof address === 'string' ? 0 : address.port);
      });
    });
  }

  const job = { dialect: 'set', connections: 4, depth: 1, warmupMs: 20, measureMs: 100 } as const;

  test('measures pairs and times', async () => {
    const port = await serve((name) => (name === 'SET' ? '+OK\r\n' : ':1\r\n'));
    const result = await runLoad({ ...job, port });
    expect(result.pairsPerSecond).toBeGreaterThan(100);
    expect(result.p50Ms).toBeGreaterThan(0);
    expect(result.p99Ms).toBeGreaterThanOrEqual(result.p50Ms);
    expect(result.maxMs).toBeGreaterThanOrEqual(result.p999Ms);
  });

  test('fails when a single acquisition is refused', async () => {
    let count = 0;
    const port = await serve((name) => {
      count += 1;
      if (count === 50) return '$-1\r\n';
      return name === 'SET' ? '+OK\r\n' : ':1\r\n';
    });
    await expect(runLoad({ ...job, port })).rejects.toThrow('does not expect');
  });

  test('takes as many leases as it is asked to', async () => {
    let count = 0;
    const port = await serve(() => {
      count += 1;
      return '+OK\r\n';
    });
    await runFill({ port, count: 1 });
    expect(count).toBe(1);
  });
});
