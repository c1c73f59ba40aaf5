import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ServerProcess } from '../harness/server-process.ts';
import { listCommands } from './command-listing.ts';
import { type ContractContext, contractOf } from './contract.ts';
import type { LockClient } from './lock-client.ts';
import { type LockObserver, openObserver } from './lock-observer.ts';
import { startRecordingProxy } from './recording-proxy.ts';
import { startTarget } from './target.ts';

/*
 * The tests of one client: the shared contract, and the commands that it sends. `testUrl` is the
 * test's own `import.meta.url`; its folder holds `commands.txt`. `COMPAT_RECORD=1` writes that
 * file anew instead of comparing with it.
 */

/** On a busy machine such a library may connect twice: that is recorded again, to be sure. */
const racedTriesMax = 3;

export interface SuiteOptions {
  readonly listing?: string;
  readonly serverArgs?: readonly string[];
}

export function describeLockClient(
  client: LockClient,
  testUrl: string,
  { listing = 'commands.txt', serverArgs = [] }: SuiteOptions = {},
): void {
  describe(`${client.name} ${client.version}`, () => {
    let server: ServerProcess | undefined;
    let observer: LockObserver | undefined;

    beforeAll(async () => {
      server = await startTarget(serverArgs);
      observer = await openObserver(server);
    });

    afterAll(async () => {
      await observer?.close();
      await server?.stop();
    });

    function serving(): ServerProcess {
      if (server === undefined) {
        throw new Error('the server has not started');
      }
      return server;
    }

    function context(): ContractContext {
      if (observer === undefined) {
        throw new Error('the observer has not connected');
      }
      return { client, endpoint: serving(), observer };
    }

    test(`it sends what ${listing} says`, async () => {
      const record = () => serving().whileServing(() => recordCommands(context()));
      const file = new URL(`./${listing}`, testUrl);
      let recorded = await record();
      if (process.env.COMPAT_RECORD === '1') {
        writeFileSync(file, recorded);
      }
      const known = readFileSync(file, 'utf8');
      const triesMax = client.racesAtEnds === true ? racedTriesMax : 1;
      for (let tries = 1; tries < triesMax && recorded !== known; tries += 1) {
        recorded = await record();
      }
      expect(recorded).toBe(known);
    });

    for (const check of contractOf(client)) {
      test(check.name, async () => {
        await serving().whileServing(() => check.run(context()));
      });
    }
  });
}

/** One life of a lock, in phases; a fresh script cache shows how scripts reach the server. */
async function recordCommands({ client, endpoint, observer }: ContractContext): Promise<string> {
  await observer.forgetScripts();
  const proxy = await startRecordingProxy(endpoint);
  try {
    const session = await client.open(proxy.endpoint);
    proxy.startPhase('acquire');
    const held = await session.tryAcquire('compat:record', 30_000);
    proxy.startPhase('acquire, refused');
    expect(await session.tryAcquire('compat:record', 30_000)).toBeUndefined();
    if (client.extendsByItself !== true) {
      proxy.startPhase('extend');
      expect(await held?.extend(60_000)).toBe(true);
    }
    proxy.startPhase('release');
    expect(await held?.release()).not.toBe(false);
    proxy.startPhase('acquire and release again');
    expect(await (await session.tryAcquire('compat:record', 30_000))?.release()).not.toBe(false);
    proxy.startPhase('close');
    await session.close();
    return listCommands(proxy.recorded(), { racesAtEnds: client.racesAtEnds === true });
  } finally {
    await proxy.close();
  }
}
