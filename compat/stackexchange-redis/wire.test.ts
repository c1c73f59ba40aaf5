import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ServerProcess } from '../../test/harness/server-process.ts';
import { startTarget, targetKind } from '../target.ts';
import { RawConnection, type Word } from './raw-connection.ts';

/*
 * The conversations of StackExchange.Redis 2.x and 3.x, command by command as their sources send
 * them, with the replies that they insist on. The .NET tests run the library itself where its
 * packages can be had; this needs nothing but a socket.
 */

/** Neither text nor a whole number of lines: it must come back byte for byte. */
const tracer = Buffer.from('89828800ff0d0a24b24bee1381b6c6f8', 'hex');
const nodeName = 'host(SE.Redis-v2.13.23)';

/** Of 2.x, with the `CLUSTER SLOTS` that 3.x adds. */
const handshake: readonly (readonly Word[])[] = [
  ['CLIENT', 'SETNAME', nodeName],
  ['CLIENT', 'SETINFO', 'lib-name', 'SE.Redis'],
  ['CLIENT', 'SETINFO', 'lib-ver', '2.13.23'],
  ['CLIENT', 'ID'],
  ['CONFIG', 'GET', 'timeout'],
  ['CONFIG', 'GET', 'replica-read-only'],
  ['CONFIG', 'GET', 'databases'],
  ['SENTINEL', 'MASTERS'],
  ['INFO', 'replication'],
  ['INFO', 'server'],
  ['CLUSTER', 'SLOTS'],
  ['CLUSTER', 'NODES'],
  ['GET', '__Booksleeve_TieBreak'],
  ['ECHO', tracer],
];

const hasIfEq = targetKind === 'fencepost';

describe('the wire of StackExchange.Redis', () => {
  let server: ServerProcess;
  let older: ServerProcess;

  beforeAll(async () => {
    server = await startTarget();
    older = hasIfEq ? await startTarget(['--redis-version', '7.2.0']) : server;
  });

  afterAll(async () => {
    await server.stop();
    await older.stop();
  });

  async function withConnection(
    to: ServerProcess,
    use: (connection: RawConnection) => Promise<void>,
  ): Promise<void> {
    const connection = await RawConnection.open(to);
    try {
      await use(connection);
    } finally {
      connection.close();
    }
  }

  test('the handshake in one write gets the replies that the library needs', async () => {
    await withConnection(server, async (connection) => {
      const replies = await connection.converse(...handshake);
      // The tracer fails the connection unless its own 16 bytes come back as a bulk string.
      expect(replies.endsWith(`\r\n$-1\r\n$16\r\n${tracer.toString('latin1')}\r\n`)).toBe(true);
      // A scalar would mark the server as a Sentinel, a text as a cluster.
      expect(replies).toContain("-ERR unknown command 'SENTINEL'");
      expect(replies).toContain('-ERR This instance has cluster support disabled\r\n');
      expect(replies).toContain('$7\r\ntimeout\r\n$1\r\n0\r\n');
      expect(replies).toContain('$9\r\ndatabases\r\n$2\r\n16\r\n');
      expect(replies).toMatch(/\r\nrole:master\r\n/);
      expect(replies).toMatch(/\r\nredis_version:\d+\.\d+\.\d+\r\n/);
    });
  });

  test('every command of the handshake gets exactly one reply', async () => {
    await withConnection(server, async (connection) => {
      for (const command of handshake) {
        // Sent alone, so that a missing or a second reply shows at its own command.
        const reply = await connection.converse(command);
        expect(reply).toMatch(/^[-+:$*]/);
        const parts = reply.split('\r\n').slice(0, -1);
        expect(lengthOfReply(parts), command.join(' ')).toBe(parts.length);
      }
    });
  });

  test('RESP3: HELLO 3 first, then the rest, and a subscription on the same one', async () => {
    await withConnection(server, async (connection) => {
      const hello = await connection.converse(['HELLO', '3']);
      expect(hello).toMatch(/^%\d+\r\n/);
      expect(hello).toContain('$5\r\nproto\r\n:3\r\n');
      expect(hello).toMatch(/\$7\r\nversion\r\n\$\d+\r\n\d+\.\d+\.\d+\r\n/);
      const replies = await connection.converse(...handshake);
      expect(replies.endsWith(`\r\n_\r\n$16\r\n${tracer.toString('latin1')}\r\n`)).toBe(true);
      const channel = '__Booksleeve_MasterChanged';
      const subscribed = `>3\r\n$9\r\nsubscribe\r\n$${channel.length}\r\n${channel}\r\n:1\r\n`;
      const reply = await connection.sendAndRead(['SUBSCRIBE', channel], ':1\r\n');
      expect(reply).toBe(subscribed);
      expect(await connection.converse(['GET', 'lock:resp3'])).toBe('_\r\n');
    });
  });

  test('RESP2: the second connection subscribes and is kept alive by PING', async () => {
    await withConnection(server, async (connection) => {
      expect(await connection.converse(['ECHO', tracer])).toContain(tracer.toString('latin1'));
      const channel = '__Booksleeve_MasterChanged';
      await connection.sendAndRead(['SUBSCRIBE', channel], ':1\r\n');
      const pong = await connection.sendAndRead(['PING'], '$0\r\n\r\n');
      expect(pong).toBe('*2\r\n$4\r\npong\r\n$0\r\n\r\n');
    });
  });

  test('LockTake: SET with EX and NX, granted once', async () => {
    await withConnection(server, async (connection) => {
      const take = (owner: string): Word[] => ['SET', 'lock:take', owner, 'EX', '30', 'NX'];
      expect(await connection.converse(take('me'), take('you'), ['GET', 'lock:take'])).toBe(
        '+OK\r\n$-1\r\n$2\r\nme\r\n',
      );
    });
  });

  test.skipIf(!hasIfEq)('LockExtend and LockRelease from 8.4 on: IFEQ and DELEX', async () => {
    await withConnection(server, async (connection) => {
      expect(await connection.converse(['INFO', 'server'])).toMatch(/redis_version:8\.[4-9]\./);
      const extend = (owner: string, seconds: string): Word[] => {
        return ['SET', 'lock:8', owner, 'EX', seconds, 'IFEQ', owner];
      };
      const release = (owner: string): Word[] => ['DELEX', 'lock:8', 'IFEQ', owner];
      await connection.converse(['SET', 'lock:8', 'me', 'EX', '30', 'NX']);
      expect(
        await connection.converse(extend('me', '60'), extend('you', '90'), ['TTL', 'lock:8']),
      ).toMatch(/^\+OK\r\n\$-1\r\n:(60|59)\r\n$/);
      expect(await connection.converse(release('you'), release('me'), release('me'))).toBe(
        ':0\r\n:1\r\n:0\r\n',
      );
      expect(await connection.converse(extend('me', '60'), ['EXISTS', 'lock:8'])).toBe(
        '$-1\r\n:0\r\n',
      );
    });
  });

  test('LockExtend and LockRelease on older versions: WATCH, MULTI and EXEC', async () => {
    await withConnection(older, async (connection) => {
      await connection.converse(['SET', 'lock:7', 'me', 'EX', '30', 'NX']);
      const look: Word[][] = [
        ['WATCH', 'lock:7'],
        ['GET', 'lock:7'],
      ];
      expect(await connection.converse(...look)).toBe('+OK\r\n$2\r\nme\r\n');
      expect(await connection.converse(['MULTI'], ['PEXPIRE', 'lock:7', '60500'], ['EXEC'])).toBe(
        '+OK\r\n+QUEUED\r\n*1\r\n:1\r\n',
      );
      await connection.converse(...look);
      expect(await connection.converse(['UNWATCH'])).toBe('+OK\r\n');
      await connection.converse(...look);
      expect(await connection.converse(['MULTI'], ['DEL', 'lock:7'], ['EXEC'])).toBe(
        '+OK\r\n+QUEUED\r\n*1\r\n:1\r\n',
      );
    });
  });

  test('a lock that changed hands between WATCH and EXEC is left alone', async () => {
    await withConnection(older, async (former) => {
      await withConnection(older, async (next) => {
        await former.converse(['SET', 'lock:race', 'me', 'EX', '30', 'NX']);
        await former.converse(['WATCH', 'lock:race'], ['GET', 'lock:race']);
        await next.converse(['DEL', 'lock:race'], ['SET', 'lock:race', 'you', 'EX', '30', 'NX']);
        expect(await former.converse(['MULTI'], ['DEL', 'lock:race'], ['EXEC'])).toBe(
          '+OK\r\n+QUEUED\r\n*-1\r\n',
        );
        expect(await next.converse(['GET', 'lock:race'])).toBe('$3\r\nyou\r\n');
      });
    });
  });
});

/** How many lines one reply of RESP2 takes. No bulk string of the handshake is checked inside. */
function lengthOfReply(lines: readonly string[], from = 0): number {
  const line = lines[from] ?? '';
  const count = Number(line.slice(1));
  if (line.startsWith('*')) {
    let length = 1;
    for (let item = 0; item < count; item += 1) {
      length += lengthOfReply(lines, from + length);
    }
    return length;
  }
  if (line.startsWith('$') && count >= 0) {
    // A bulk string may hold line ends of its own: as many lines as its bytes fill.
    let taken = 0;
    for (let bytes = -2; bytes < count; taken += 1) {
      bytes += (lines[from + 1 + taken] ?? ' '.repeat(count + 2)).length + 2;
    }
    return 1 + taken;
  }
  return 1;
}
