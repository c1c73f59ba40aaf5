import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HistoryChecker } from '../../checker/history-checker.ts';
import { elapse, monotonicMs } from '../../harness/elapse.ts';
import { startServer } from '../../harness/server-process.ts';
import { Prng } from '../../src/base/prng.ts';
import { numberFromEnvironment, seedOf } from '../seed.ts';
import { keysOf, readKeys, Workload } from './workload.ts';

const killCount = numberFromEnvironment('FENCEPOST_KILLS', 200);
const connections = 8;
/** An idle server writes its clock down about every second; that much time may be repeated. */
const idleTimeMs = 1_500;
/** The clock stands still until the next start is done, which takes its time on a busy machine. */
const startMsMax = 10_000;
const cycleMsMax = 10_000;
/** The ways in which a turn reaches the disk; each life of the server takes one. */
const fsyncModes = ['auto', 'on-loop', 'asynchronous'];

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fencepost-kill-'));
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

test(
  `nothing acknowledged is lost and no token is repeated in ${killCount} times kill -9 under load`,
  async () => {
    const prng = new Prng(seedOf());
    const checker = new HistoryChecker();
    const dataFolder = join(root, 'data');
    let eventCount = 0;
    for (let cycle = 0; cycle < killCount; cycle += 1) {
      eventCount += await killUnderLoad({ dataFolder, checker, prng, name: `c${cycle}` });
      expect(checker.violations.join('\n'), `after kill ${cycle + 1}`).toBe('');
    }
    await expectOrderlyEnd(dataFolder, checker);
    process.stderr.write(
      `kill -9: ${killCount} kills, ${eventCount} operations, ${checker.tokenCount} tokens seen\n`,
    );
    expect(checker.tokenCount).toBeGreaterThan(killCount);
  },
  killCount * cycleMsMax,
);

test('a data folder that went back to an earlier state is noticed by this check', async () => {
  const prng = new Prng(seedOf());
  const checker = new HistoryChecker();
  const folder = join(root, 'control');
  const earlier = join(root, 'earlier');
  await killUnderLoad({ dataFolder: folder, checker, prng, name: 'first' });
  await cp(folder, earlier, { recursive: true });
  await killUnderLoad({ dataFolder: folder, checker, prng, name: 'second' });
  expect(checker.violations).toEqual([]);
  await killUnderLoad({ dataFolder: earlier, checker, prng, name: 'third' });
  expect(checker.violations).not.toEqual([]);
});

/** One life of the server: what it remembers, then load, then the end; how much was judged. */
async function killUnderLoad({
  dataFolder,
  checker,
  prng,
  name,
}: {
  readonly dataFolder: string;
  readonly checker: HistoryChecker;
  readonly prng: Prng;
  readonly name: string;
}): Promise<number> {
  const server = await startServer({ dataFolder, args: ['--fsync', prng.pick(fsyncModes)] });
  const before = await readKeys(server.port, keysOf(connections));
  const workload = new Workload({ port: server.port, prng, connections, before, name });
  await workload.start();
  await elapse(prng.between(20, 200));
  const killedAtMs = monotonicMs();
  server.signal('SIGKILL');
  expect(await server.ended()).toEqual({ code: null, signal: 'SIGKILL' });
  await workload.ended();
  expect(server.output).not.toMatch(/damaged|assertion|unhandled/i);
  const events = [...before, ...workload.events];
  checker.addSegment(events, monotonicMs() - killedAtMs + startMsMax + idleTimeMs);
  return events.length;
}

/** The last word: the folder opens once more, says the same, and the process ends in order. */
async function expectOrderlyEnd(dataFolder: string, checker: HistoryChecker): Promise<void> {
  const server = await startServer({ dataFolder });
  checker.addSegment(await readKeys(server.port, keysOf(connections)), 0);
  expect(checker.violations).toEqual([]);
  server.signal('SIGTERM');
  expect(await server.ended()).toEqual({ code: 0, signal: null });
}
