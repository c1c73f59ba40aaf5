import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ServerProcess } from '../harness/server-process.ts';
import type { Endpoint } from './lock-client.ts';
import { startTarget, targetHasTokens } from './target.ts';

/*
 * What a connection library is used for beside locks: pipelines, transactions, WATCH, pub/sub,
 * errors, and commands that the library does not know.
 */

export interface ConnectionClient {
  readonly name: string;
  readonly version: string;
  open(endpoint: Endpoint): Promise<Connection>;
}

export interface Connection {
  call(args: readonly string[]): Promise<unknown>;
  /** Without waiting in between; the replies in the order of the commands. */
  pipeline(commands: readonly (readonly string[])[]): Promise<readonly unknown[]>;
  watch(key: string): Promise<void>;
  /** Null when a watched key had changed. */
  transaction(commands: readonly (readonly string[])[]): Promise<readonly unknown[] | null>;
  /** Resolves when the server has confirmed it. */
  subscribe(channel: string, onMessage: (message: string) => void): Promise<void>;
  close(): Promise<void>;
}

const pipelined = 1000;

interface Connections {
  readonly client: ConnectionClient;
  readonly server: Endpoint;
  readonly one: Connection;
  readonly other: Connection;
}

interface Use {
  readonly name: string;
  readonly needsTokens?: boolean;
  run(on: Connections): Promise<void>;
}

const uses: readonly Use[] = [
  { name: 'a pipeline gets its replies in the order of its commands', run: keepsOrder },
  { name: 'a transaction runs as one or not at all', run: runsTransactions },
  { name: 'a transaction on a watched key that changed does nothing', run: watchesKeys },
  { name: 'a message reaches a subscriber, and not after it has left', run: deliversMessages },
  { name: 'an error reply keeps the words that callers look for', run: repliesErrors },
  { name: 'a command that it does not know works: KLOCK', needsTokens: true, run: locks },
];

export function describeConnection(client: ConnectionClient): void {
  describe(`${client.name} ${client.version} as a connection`, () => {
    let server: ServerProcess;
    let one: Connection;
    let other: Connection;

    beforeAll(async () => {
      server = await startTarget();
      one = await client.open(server);
      other = await client.open(server);
    });

    afterAll(async () => {
      await one.close();
      await other.close();
      await server.stop();
    });

    for (const { name, needsTokens = false, run } of uses) {
      test.skipIf(needsTokens && !targetHasTokens)(name, async () => {
        await server.whileServing(() => run({ client, server, one, other }));
      });
    }
  });
}

async function keepsOrder({ one }: Connections): Promise<void> {
  const key = randomUUID();
  const commands = Array.from({ length: pipelined }, () => ['INCR', key]);
  const replies = await one.pipeline(commands);
  expect(replies).toEqual(Array.from({ length: pipelined }, (_, index) => index + 1));
}

async function runsTransactions({ one }: Connections): Promise<void> {
  const key = randomUUID();
  const commands = [
    ['SET', key, 'me', 'NX', 'PX', '30000'],
    ['GET', key],
    ['DEL', key],
  ];
  expect(await one.transaction(commands)).toEqual(['OK', 'me', 1]);
  await expect(one.transaction([['SET', key, 'me'], ['NOSUCH']])).rejects.toThrow(
    /EXECABORT|unknown command/,
  );
  expect(await one.call(['EXISTS', key])).toBe(0);
}

async function watchesKeys({ one, other }: Connections): Promise<void> {
  const key = randomUUID();
  await one.call(['SET', key, 'me']);
  await one.watch(key);
  await other.call(['SET', key, 'you']);
  expect(await one.transaction([['DEL', key]])).toBeNull();
  expect(await other.call(['GET', key])).toBe('you');
  await one.watch(key);
  expect(await one.transaction([['DEL', key]])).toEqual([1]);
}

async function deliversMessages({ client, server, other }: Connections): Promise<void> {
  const channel = randomUUID();
  const subscriber = await client.open(server);
  const received = new Promise<string>((resolve, reject) => {
    subscriber.subscribe(channel, resolve).then(async () => {
      expect(await other.call(['PUBLISH', channel, 'released'])).toBe(1);
    }, reject);
  });
  expect(await received).toBe('released');
  await subscriber.close();
  await expect.poll(() => other.call(['PUBLISH', channel, 'nobody'])).toBe(0);
}

async function repliesErrors({ one }: Connections): Promise<void> {
  const key = randomUUID();
  await one.call(['SET', key, 'text']);
  await expect(one.call(['INCR', key])).rejects.toThrow(
    'ERR value is not an integer or out of range',
  );
  await expect(one.call(['EVALSHA', '0'.repeat(40), '0'])).rejects.toThrow(/^NOSCRIPT /);
  await expect(one.call(['SET', key])).rejects.toThrow(
    "ERR wrong number of arguments for 'set' command",
  );
}

async function locks({ one, other }: Connections): Promise<void> {
  const key = randomUUID();
  const token = await one.call(['KLOCK', key, 'me', '30000']);
  expect(token).toBeGreaterThanOrEqual(1);
  expect(await other.call(['KLOCK', key, 'you', '30000'])).toBeNull();
  expect(await one.call(['KLOCK', key, 'me', '30000'])).toBe(token);
  expect(await one.call(['KEXTEND', key, 'me', '60000'])).toBe(token);
  expect(await other.call(['KUNLOCK', key, 'you'])).toBe(0);
  expect(await one.call(['KUNLOCK', key, 'me'])).toBe(1);
}
