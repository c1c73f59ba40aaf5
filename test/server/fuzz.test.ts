import fc from 'fast-check';
import { expect, test } from 'vitest';
import { requestOf } from '../../harness/request.ts';
import { seedOf } from '../seed.ts';
import { TestServer } from './test-server.ts';

const seed = seedOf();
const options = { seed, numRuns: Number(process.env.FENCEPOST_RUNS ?? 300) };

const bytes = fc
  .uint8Array({ maxLength: 60 })
  .map((array) => Buffer.from(array).toString('latin1'));
const word = fc.constantFrom(
  ...['k', 'other', 'v', '1', '-1', '3', 'NX', 'PX', '1000', 'a', '*', 'off', 'on', 'skip', ''],
);
const name = fc.constantFrom(
  ...['PING', 'ECHO', 'SET', 'GET', 'MULTI', 'EXEC', 'DISCARD', 'WATCH', 'UNWATCH', 'SUBSCRIBE'],
  ...['UNSUBSCRIBE', 'PSUBSCRIBE', 'PUNSUBSCRIBE', 'PUBLISH', 'PUBSUB', 'CLIENT', 'HELLO', 'RESET'],
  ...['SELECT', 'FILL', 'ALONE', 'QUIT', 'nonsense'],
);
const request = fc
  .tuple(name, fc.array(fc.oneof(word, bytes), { maxLength: 4 }))
  .map((parts) => requestOf(parts.flat()));
const traffic = fc.array(fc.oneof({ weight: 5, arbitrary: request }, bytes), { maxLength: 20 });

test('a session survives any bytes: it answers or ends, and leaves nothing behind', async () => {
  await fc.assert(
    fc.asyncProperty(traffic, async (pieces) => {
      const server = new TestServer();
      const client = server.connect();
      for (const piece of pieces) client.send(piece);
      client.stream.end();
      await client.readToEnd();
      while (server.registry.size > 0) await turn();
      expect(client.session.outputBytes).toBe(0);
      expect(server.subscriptions.channels(undefined)).toEqual([]);
      expect(server.subscriptions.patternCount()).toBe(0);
      expect(client.session.watchedKeys).toEqual([]);
    }),
    options,
  );
});

/** Commands that answer exactly once, whatever state the session is in. */
const answering = fc.constantFrom(
  ...['PING', 'GET k', 'SET k v', 'MULTI', 'EXEC', 'DISCARD', 'WATCH k', 'UNWATCH', 'nonsense'],
  ...['GET', 'EXEC x', 'CLIENT ID', 'CLIENT foo', 'ALONE', 'PUBLISH a m', 'SELECT 1', 'RESET'],
);

test('every pipelined request gets exactly one reply', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(answering, { maxLength: 30 }), async (lines) => {
      const server = new TestServer();
      const client = server.connect();
      client.stream.end([...lines, 'RESET', 'ECHO end'].map((line) => `${line}\r\n`).join(''));
      const replies = topLevelReplies(await client.readToEnd());
      expect(replies).toHaveLength(lines.length + 2);
      expect(replies.at(-1)).toBe('$3\r\nend\r\n');
    }),
    options,
  );
});

test('how requests are cut into pieces changes no reply', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(answering, { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 40 }),
      async (lines, sizes) => {
        const text = lines.map((line) => requestOf(line.split(' '))).join('');
        const whole = new TestServer().connect();
        whole.stream.end(text, 'latin1');
        const cut = new TestServer().connect();
        for (let at = 0, piece = 0; at < text.length; piece += 1) {
          const size = sizes[piece % sizes.length] ?? 1;
          cut.send(text.slice(at, at + size));
          at += size;
        }
        cut.stream.end();
        expect(await cut.readToEnd()).toBe(await whole.readToEnd());
      },
    ),
    options,
  );
});

/** Cuts RESP2 into its replies; nested ones belong to the reply around them. */
function topLevelReplies(text: string): string[] {
  const replies: string[] = [];
  let start = 0;
  let missing = 1;
  for (let at = 0; at < text.length; ) {
    const lineEnd = text.indexOf('\r\n', at) + 2;
    const length = Number(text.slice(at + 1, lineEnd - 2));
    missing -= 1;
    if (text[at] === '*' && length > 0) missing += length;
    at = text[at] === '$' && length >= 0 ? lineEnd + length + 2 : lineEnd;
    if (missing > 0) continue;
    replies.push(text.slice(start, at));
    start = at;
    missing = 1;
  }
  return replies;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
