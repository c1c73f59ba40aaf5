import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { CriticalSection } from '../checker/critical-section.ts';
import {
  type Endpoint,
  type HeldLock,
  type LockClient,
  type LockSession,
  pollMs,
} from './lock-client.ts';
import type { LockObserver, ObservedLock } from './lock-observer.ts';

/*
 * What every lock library must find when it is pointed at the server. The checks are a list of
 * functions rather than tests, so that the negative control can hand them broken clients and see
 * that they fail.
 */

export interface ContractCheck {
  readonly name: string;
  /** Only for clients where the caller extends, or where the library does; for all if absent. */
  readonly extendedBy?: 'caller' | 'library';
  run(context: ContractContext): Promise<void>;
}

export interface ContractContext {
  readonly client: LockClient;
  readonly endpoint: Endpoint;
  readonly observer: LockObserver;
}

/** Long enough that no check sees it run out. */
const longTtlMs = 30_000;
/** Short enough to wait for, long enough for an extension on a loaded machine. */
const shortTtlMs = 400;
/** For libraries with a timer, which a loaded machine may delay. */
const keptTtlMs = 1_000;
const waitMs = 20_000;
const contenderCount = 5;
const roundsEach = 6;
/** Clocks of client and server are both cut to whole milliseconds. */
const roundingMs = 2;

export const lockContract: readonly ContractCheck[] = [
  { name: 'a free lock is granted for the time that was asked', run: grantsFreeLock },
  { name: 'a held lock is refused and stays with its holder', run: refusesHeldLock },
  {
    name: 'an extension moves the expiry and keeps owner and token',
    extendedBy: 'caller',
    run: extendsLease,
  },
  {
    name: 'a lease that its library extends outlives its time to live',
    extendedBy: 'library',
    run: keepsLease,
  },
  { name: 'a released lock is free at once', run: releasesLock },
  {
    name: 'a lease that ran out goes to a waiter, and not early',
    extendedBy: 'caller',
    run: expiresLease,
  },
  {
    name: 'a former holder can neither extend nor release the next lease',
    extendedBy: 'caller',
    run: ignoresFormerHolder,
  },
  { name: 'a waiter gets the lock after its release', run: servesWaiter },
  { name: 'a lease outlives the connection of its holder', run: outlivesConnection },
  { name: 'many contenders never hold the lock two at a time', run: excludesContenders },
];

/** The checks that make sense for a client. */
export function contractOf({ extendsByItself }: LockClient): readonly ContractCheck[] {
  const excluded = extendsByItself === true ? 'caller' : 'library';
  return lockContract.filter((check) => check.extendedBy !== excluded);
}

async function grantsFreeLock(context: ContractContext): Promise<void> {
  await withSessions(context, 1, async ([session], name) => {
    await takeFree(session, name, longTtlMs);
    const lock = await observe(context, name);
    expect(lock.owner).not.toBeNull();
    expectTtlAbout(lock, longTtlMs);
  });
}

async function refusesHeldLock(context: ContractContext): Promise<void> {
  await withSessions(context, 2, async ([first, second], name) => {
    await takeFree(first, name, longTtlMs);
    const before = await observe(context, name);
    expect(await second?.tryAcquire(name, 2 * longTtlMs)).toBeUndefined();
    expect(await first?.tryAcquire(name, 2 * longTtlMs)).toBeUndefined();
    const after = await observe(context, name);
    expect({ ...after, ttlMs: 0 }).toEqual({ ...before, ttlMs: 0 });
    expectTtlAbout(after, longTtlMs);
  });
}

async function extendsLease(context: ContractContext): Promise<void> {
  await withSessions(context, 2, async ([first, second], name) => {
    const held = await takeFree(first, name, longTtlMs);
    const before = await observe(context, name);
    expect(await held.extend(3 * longTtlMs)).toBe(true);
    const after = await observe(context, name);
    expectTtlAbout(after, 3 * longTtlMs);
    expect({ ...after, ttlMs: 0 }).toEqual({ ...before, ttlMs: 0 });
    expect(await second?.tryAcquire(name, longTtlMs)).toBeUndefined();
  });
}

/** The library extends on its own timer, long before this time to live runs out. */
async function keepsLease(context: ContractContext): Promise<void> {
  await withSessions(context, 2, async ([first, second], name) => {
    const held = await takeFree(first, name, keptTtlMs);
    const before = await observe(context, name);
    const stopMs = performance.now() + 2 * keptTtlMs;
    while (performance.now() < stopMs) {
      expect(await second?.tryAcquire(name, longTtlMs)).toBeUndefined();
      await delay(pollMs);
    }
    const after = await observe(context, name);
    expect({ ...after, ttlMs: 0 }).toEqual({ ...before, ttlMs: 0 });
    expect(await held.release()).not.toBe(false);
    expect((await observe(context, name)).owner).toBeNull();
  });
}

async function releasesLock(context: ContractContext): Promise<void> {
  await withSessions(context, 2, async ([first, second], name) => {
    const held = await takeFree(first, name, longTtlMs);
    const before = await observe(context, name);
    expect(await held.release()).not.toBe(false);
    expect((await observe(context, name)).owner).toBeNull();
    const next = await takeFree(second, name, longTtlMs);
    expectLaterToken(before, await observe(context, name));
    expect(await next.release()).not.toBe(false);
  });
}

async function expiresLease(context: ContractContext): Promise<void> {
  await withSessions(context, 2, async ([first, second], name) => {
    const sentAtMs = performance.now();
    await takeFree(first, name, shortTtlMs);
    const before = await observe(context, name);
    await second?.acquire(name, { ttlMs: longTtlMs, waitMs });
    // The lease began when the server granted it, which was after the request was sent.
    expect(performance.now() - sentAtMs).toBeGreaterThanOrEqual(shortTtlMs - roundingMs);
    const after = await observe(context, name);
    expectTtlAbout(after, longTtlMs);
    expectLaterToken(before, after);
  });
}

async function ignoresFormerHolder(context: ContractContext): Promise<void> {
  await withSessions(context, 2, async ([first, second], name) => {
    const former = await takeFree(first, name, shortTtlMs);
    await second?.acquire(name, { ttlMs: longTtlMs, waitMs });
    const before = await observe(context, name);
    expect(await former.extend(3 * longTtlMs)).toBe(false);
    expect(await former.release()).not.toBe(true);
    const after = await observe(context, name);
    expect({ ...after, ttlMs: 0 }).toEqual({ ...before, ttlMs: 0 });
    expectTtlAbout(after, longTtlMs);
  });
}

async function servesWaiter(context: ContractContext): Promise<void> {
  await withSessions(context, 2, async ([first, second], name) => {
    const held = await takeFree(first, name, longTtlMs);
    let released = false;
    const wait = async (): Promise<void> => {
      const next = await second?.acquire(name, { ttlMs: longTtlMs, waitMs });
      expect(released).toBe(true);
      await next?.release();
    };
    const release = async (): Promise<void> => {
      // Some round trips, in which the waiter is refused at least once.
      await observe(context, name);
      released = true;
      expect(await held.release()).not.toBe(false);
    };
    await Promise.all([wait(), release()]);
    expect((await observe(context, name)).owner).toBeNull();
  });
}

async function outlivesConnection(context: ContractContext): Promise<void> {
  await withSessions(context, 1, async ([other], name) => {
    const session = await context.client.open(context.endpoint);
    await takeFree(session, name, longTtlMs);
    await session.close();
    expect(await other?.tryAcquire(name, longTtlMs)).toBeUndefined();
    expectTtlAbout(await observe(context, name), longTtlMs);
  });
}

async function excludesContenders(context: ContractContext): Promise<void> {
  const section = new CriticalSection();
  const counter = `count:${randomUUID()}`;
  await withSessions(context, contenderCount, async (sessions, name) => {
    const contenders = sessions.map(async (session, index) => {
      for (let round = 1; round <= roundsEach; round += 1) {
        const visitor = `contender ${index + 1} in round ${round}`;
        const held = await session.acquire(name, { ttlMs: longTtlMs, waitMs });
        section.enter(visitor, (await observe(context, name)).token);
        await context.observer.countUp(counter);
        section.leave(visitor);
        expect(await held.release()).not.toBe(false);
      }
    });
    await Promise.all(contenders);
    expect(section.violations).toEqual([]);
    expect(section.visits).toBe(contenderCount * roundsEach);
    expect(await context.observer.readCount(counter)).toBe(contenderCount * roundsEach);
  });
}

/** Each check has a lock name of its own, and leaves no connection behind. */
async function withSessions(
  { client, endpoint }: ContractContext,
  count: number,
  use: (sessions: readonly LockSession[], name: string) => Promise<void>,
): Promise<void> {
  const sessions: LockSession[] = [];
  try {
    for (let index = 0; index < count; index += 1) {
      sessions.push(await client.open(endpoint));
    }
    await use(sessions, `compat:${randomUUID()}`);
  } finally {
    await Promise.all(sessions.map((session) => session.close()));
  }
}

async function takeFree(
  session: LockSession | undefined,
  name: string,
  ttlMs: number,
): Promise<HeldLock> {
  const held = await session?.tryAcquire(name, ttlMs);
  if (held === undefined) {
    throw new Error(`${name} is free and was refused`);
  }
  return held;
}

function observe({ client, observer }: ContractContext, name: string): Promise<ObservedLock> {
  return observer.observe(client.storedKey?.(name) ?? name);
}

/** Never more than was asked for; less only by the time since then, a loaded machine included. */
function expectTtlAbout({ ttlMs }: ObservedLock, askedMs: number): void {
  expect(ttlMs).toBeGreaterThan(askedMs - longTtlMs / 3);
  expect(ttlMs).toBeLessThanOrEqual(askedMs);
}

function expectLaterToken(before: ObservedLock, after: ObservedLock): void {
  if (before.token !== undefined || after.token !== undefined) {
    expect(after.token).toBeGreaterThan(before.token ?? Number.POSITIVE_INFINITY);
  }
}
