import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CriticalSection } from '../../checker/critical-section.ts';
import type { ServerProcess } from '../../harness/server-process.ts';
import { contractOf } from '../contract.ts';
import { type LockObserver, openObserver } from '../lock-observer.ts';
import { startTarget } from '../target.ts';
import { brokenClient } from './adapter.ts';

/*
 * The negative control of the contract: each check fails on a client that breaks what it checks.
 */

const controls = [
  {
    client: brokenClient('a client that overwrites', { overwrites: true }),
    caughtBy: ['a held lock is refused and stays with its holder'],
  },
  {
    client: brokenClient('a client that looks before it takes', { looksFirst: true }),
    caughtBy: ['many contenders never hold the lock two at a time'],
  },
  {
    client: brokenClient('a client that sets no expiry', { neverExpires: true }),
    caughtBy: [
      'a free lock is granted for the time that was asked',
      'a lease that ran out goes to a waiter, and not early',
    ],
  },
  {
    client: brokenClient('a client whose leases are too short', { expiresEarly: true }),
    caughtBy: [
      'a free lock is granted for the time that was asked',
      'a lease that ran out goes to a waiter, and not early',
      'a lease outlives the connection of its holder',
    ],
  },
  {
    client: brokenClient('a client that ignores the owner', { ignoresOwner: true }),
    caughtBy: ['a former holder can neither extend nor release the next lease'],
  },
  {
    client: brokenClient('a client that does not release', { keepsLock: true }),
    caughtBy: ['a released lock is free at once', 'a waiter gets the lock after its release'],
  },
  {
    client: brokenClient('a client that does nothing wrong', {}),
    caughtBy: [],
  },
];

describe('the contract', () => {
  let server: ServerProcess;
  let observer: LockObserver;

  beforeAll(async () => {
    server = await startTarget();
    observer = await openObserver(server);
  });

  afterAll(async () => {
    await observer.close();
    await server.stop();
  });

  for (const { client, caughtBy } of controls) {
    test(`finds fault with ${client.name} where it must`, async () => {
      const failed: string[] = [];
      for (const check of contractOf(client)) {
        const wanted = caughtBy.length === 0 || caughtBy.includes(check.name);
        if (wanted && (await fails(() => check.run({ client, endpoint: server, observer })))) {
          failed.push(check.name);
        }
      }
      expect(failed).toEqual(caughtBy);
    });
  }

  test('finds two visitors at a time and a token that does not grow', () => {
    const section = new CriticalSection();
    section.enter('first', 7);
    section.enter('second', 7);
    section.leave('second');
    section.enter('third', 6);
    expect(section.violations).toEqual([
      'second entered while first was inside',
      'second came with token 7 after 7',
      'third came with token 6 after 7',
    ]);
  });
});

async function fails(run: () => Promise<void>): Promise<boolean> {
  try {
    await run();
    return false;
  } catch {
    return true;
  }
}
