import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer } from '../harness/server-process.ts';
import { HistoryChecker } from './checker.ts';
import { elapse, monotonicMs } from './elapse.ts';
import type { HistoryEvent } from './history.ts';
import { numberFromEnvironment, seededPrng } from './seed.ts';
import { keysOf, readKeys, Workload } from './workload.ts';

const killCount = numberFromEnvironment('FENCEPOST_KILLS', 200);
const connections = 8;
/** An idle server writes its clock down about every second; that much time may be repeated. */
const idleTimeMs = 1_500;
const cycleMsMax = 10_000;

let dataFolder = '';
beforeAll(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'fencepost-kill-'));
});
afterAll(async () => {
  await rm(dataFolder, { recursive: true, force: true });
});

test(
  `nothing acknowledged is lost and no token is repeated in ${killCount} times kill -9 under load`,
  async () => {
    const prng = seededPrng('kill -9');
    const checker = new HistoryChecker();
    const keys = keysOf(connections);
    let eventCount = 0;
    for (let cycle = 0; cycle < killCount; cycle += 1) {
      const server = await startServer({ dataFolder });
      const events: HistoryEvent[] = await readKeys(server.port, keys);
      const workload = new Workload({ port: server.port, prng, name: `c${cycle}`, connections });
      await workload.start();
      await elapse(prng.between(20, 200));
      const killedAtMs = monotonicMs();
      server.signal('SIGKILL');
      expect(await server.ended()).toEqual({ code: null, signal: 'SIGKILL' });
      await workload.ended();
      expect(server.output()).not.toMatch(/damaged|assertion|unhandled/i);
      events.push(...workload.events);
      eventCount += events.length;
      checker.addSegment(events, monotonicMs() - killedAtMs + idleTimeMs);
      expect(checker.violations.join('\n'), `after kill ${cycle + 1}`).toBe('');
    }
    await expectOrderlyEnd(checker, keys);
    process.stderr.write(
      `kill -9: ${killCount} kills, ${eventCount} operations, ${checker.tokenCount} tokens seen\n`,
    );
    expect(checker.tokenCount).toBeGreaterThan(killCount);
  },
  killCount * cycleMsMax,
);

/** The last word: the folder opens once more, says the same, and the process ends in order. */
async function expectOrderlyEnd(checker: HistoryChecker, keys: readonly string[]): Promise<void> {
  const server = await startServer({ dataFolder });
  checker.addSegment(await readKeys(server.port, keys), 0);
  expect(checker.violations).toEqual([]);
  server.signal('SIGTERM');
  expect(await server.ended()).toEqual({ code: 0, signal: null });
}
