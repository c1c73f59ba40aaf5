import { createRequire } from 'node:module';
import { join } from 'node:path';
import { repositoryFolder } from '../harness/product.ts';
import type { LoadResult } from './load-result.ts';
import { type PairClient, type PairJob, PairNames, runPairs } from './pair-load.ts';

/*
 * Redlock as its users run it: the package node-redlock, from the packages that the compatibility
 * tests install. Each client has an instance and three connections of its own.
 */

export interface RedlockJob extends PairJob {
  readonly ports: readonly number[];
  /** Independent servers are all asked for each lock; of a cluster any one node is enough. */
  readonly servers: 'independent' | 'cluster';
}

/** What is used of the packages; their own types lie where this folder does not look. */
interface RedlockPackages {
  readonly Redis: new (options: { host: string; port: number }) => RedisConnection;
  readonly Redlock: new (
    connections: readonly RedisConnection[],
    settings: { retryCount: number },
  ) => RedlockInstance;
}

interface RedisConnection {
  once(event: 'ready', listener: () => void): unknown;
  disconnect(): void;
}

interface RedlockInstance {
  on(event: 'error', listener: () => void): unknown;
  acquire(names: readonly string[], ttlMs: number): Promise<HeldLock>;
}

interface HeldLock {
  release(): Promise<unknown>;
}

const ttlMs = 30_000;

/** Its folder has the packages. */
const compatPackage = join(repositoryFolder(), 'compat', 'package.json');

/** Undefined if `compat`'s packages are not installed. */
function findPackages(): RedlockPackages | undefined {
  const require = createRequire(compatPackage);
  try {
    const { Redis } = require('ioredis5');
    const { default: Redlock } = require('redlock5');
    return { Redis, Redlock };
  } catch {
    return undefined;
  }
}

export function findRedlockVersion(): string | undefined {
  if (findPackages() === undefined) return undefined;
  /** `as`: the packages that compat pins, which it names by their versions. */
  const { dependencies } = createRequire(compatPackage)('./package.json') as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  return dependencies.redlock5?.split('@').at(-1);
}

/** @throws Error if `compat`'s packages are not installed */
export async function runRedlock({ ports, servers, ...job }: RedlockJob): Promise<LoadResult> {
  const packages = findPackages();
  if (packages === undefined) throw new Error('the packages of compat are not installed');
  const portsFor = (number: number): readonly number[] =>
    servers === 'independent' ? ports : ports.slice(number % ports.length).slice(0, 1);
  return await runPairs(
    job,
    async (number) => await openClient(packages, portsFor(number), number),
  );
}

async function openClient(
  { Redis, Redlock }: RedlockPackages,
  ports: readonly number[],
  number: number,
): Promise<PairClient> {
  const connections = ports.map((port) => new Redis({ host: '127.0.0.1', port }));
  await Promise.all(
    connections.map(
      (connection) => new Promise<void>((resolve) => connection.once('ready', resolve)),
    ),
  );
  const redlock = new Redlock(connections, { retryCount: 0 });
  redlock.on('error', () => {
    // It also emits every vote against; a call that fails rejects as well.
  });
  const names = new PairNames(number);
  let held: HeldLock | undefined;
  return {
    acquire: async () => {
      held = await redlock.acquire([names.next().key], ttlMs);
    },
    release: async () => {
      await held?.release();
    },
    close: async () => {
      for (const connection of connections) connection.disconnect();
    },
  };
}
