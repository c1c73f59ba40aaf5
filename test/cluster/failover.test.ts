import { afterAll, beforeAll, expect, test } from 'vitest';
import { elapse, monotonicMs } from '../../harness/elapse.ts';
import { eventually } from '../../harness/eventually.ts';
import { NodeGroup } from '../../harness/node-group.ts';
import { LockLoad } from './lock-load.ts';

let group: NodeGroup;

beforeAll(async () => {
  group = await NodeGroup.start();
});

afterAll(async () => {
  await group.stop();
});

/** Four seconds by the server's clock, and room for a machine that is busy with other things. */
const refusalMsMax = 6_000;
const failoverMsMax = 4_000;
/** Two election timeouts: whoever led has noticed that nobody follows. */
const isolatedMs = 2_000;

test('kill -9 of a leader is no error to those who lock and read through other nodes', async () => {
  const { code, stdout } = await group.operate(1, 'transfer', 'all', '3');
  expect(code, stdout).toBe(0);
  const load = new LockLoad([1, 2].map((id) => group.place(id).port));
  await load.grants(20);
  await group.end(3, 'SIGKILL');
  const killedAtMs = monotonicMs();
  await load.grants(20);
  expect(monotonicMs() - killedAtMs).toBeLessThan(failoverMsMax);
  expect(await group.leaders()).not.toContain(3);
  await load.stop();
  expect(load.errors).toEqual([]);
  expect(load.violations).toEqual([]);
  // A grant whose reply was lost would have left its lock behind.
  for (const key of load.keys) expect(await group.ask(1, 'GET', key), key).toBeNull();
  await group.start(3);
  await group.leaders();
});

const commands = [
  ['SET', 'lock:minority', 'me', 'NX', 'PX', '60000'],
  ['KLOCK', 'lock:minority:2', 'me', '60000'],
  ['GET', 'lock:held'],
  ['PEXPIRE', 'lock:held', '90000'],
  ['EVAL', "return redis.call('set', KEYS[1], 'me')", '1', 'lock:minority:3'],
] as const;

/** Node 3, after some time, refuses all of the commands, in time. */
async function refuses(afterMs: number, allowed: RegExp): Promise<void> {
  await elapse(afterMs);
  const begunAtMs = monotonicMs();
  const replies = await Promise.all(commands.map((args) => group.ask(3, ...args)));
  expect(monotonicMs() - begunAtMs).toBeLessThan(refusalMsMax);
  for (const reply of replies) {
    expect(reply).toBeInstanceOf(Error);
    expect(reply).toHaveProperty('message', expect.stringMatching(allowed));
  }
}

test('a minority refuses with CLUSTERDOWN in time, grants nothing, and serves again', async () => {
  expect(await group.ask(3, 'SET', 'lock:held', 'you', 'NX', 'PX', '60000')).toBe('OK');
  await Promise.all([group.end(1, 'SIGKILL'), group.end(2, 'SIGKILL')]);
  // At first as a node that may still lead something, then as one that knows better.
  await Promise.all([
    refuses(0, /^(CLUSTERDOWN|UNCERTAIN) /),
    refuses(isolatedMs, /^CLUSTERDOWN /),
  ]);
  await Promise.all([group.start(1), group.start(2)]);
  await eventually('the cluster serves again', 10_000, async () =>
    (await group.ask(3, 'GET', 'lock:held')) === 'you' ? true : undefined,
  );
  expect(await group.ask(2, 'SET', 'lock:held', 'me', 'NX', 'PX', '60000')).toBeNull();
});
