import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { elapse, monotonicMs } from '../../harness/elapse.ts';
import { eventually } from '../../harness/eventually.ts';
import { NodeGroup } from '../../harness/node-group.ts';
import { type ProcessUsage, usageOf } from './process-usage.ts';

const partitionCount = 16;
const procIsMissing = !existsSync('/proc/self/io');
const windowMs = 1_000;
/**
 * Four links a node, each with an empty frame of 9 bytes ten times a second, are 360; heartbeats
 * of 17 groups come to several thousand.
 */
const idleBytesMax = 800;

let group: NodeGroup;

beforeAll(async () => {
  group = await NodeGroup.start({ partitionCount });
});

afterAll(async () => {
  await group.stop();
});

/** What all nodes that run used in the next second, the one that used most. */
async function usedMost(): Promise<ProcessUsage> {
  const pids = group.running.map((id) => group.server(id).pid);
  const before = pids.map(usageOf);
  await elapse(windowMs);
  const used = pids.map(usageOf).map(({ cpuMs, writtenBytes }, at) => ({
    cpuMs: cpuMs - (before[at]?.cpuMs ?? 0),
    writtenBytes: writtenBytes - (before[at]?.writtenBytes ?? 0),
  }));
  return {
    cpuMs: Math.max(...used.map(({ cpuMs }) => cpuMs)),
    writtenBytes: Math.max(...used.map(({ writtenBytes }) => writtenBytes)),
  };
}

async function quiet(): Promise<ProcessUsage> {
  return await eventually('the nodes fall silent', 20_000, async () => {
    const used = await usedMost();
    return used.writtenBytes < idleBytesMax ? used : undefined;
  });
}

test.skipIf(procIsMissing)('an idle cluster falls silent and wakes at once', async () => {
  // The control: groups that have just begun still send heartbeats.
  const { writtenBytes } = await usedMost();
  expect(writtenBytes).toBeGreaterThan(2 * idleBytesMax);
  await quiet();
  // For some seconds after a start the runtime compiles what ran by then.
  await eventually('the nodes rest', 20_000, async () => {
    const { cpuMs } = await usedMost();
    return cpuMs < 50 ? cpuMs : undefined;
  });
  const begunAtMs = monotonicMs();
  for (const id of [1, 2, 3]) {
    expect(await group.ask(id, 'SET', `lock:${id}`, 'me', 'NX', 'PX', '60000')).toBe('OK');
    expect(await group.ask(id, 'DEL', `lock:${id}`)).toBe(1);
  }
  // No election, no waiting for a tick: round trips and syncs.
  expect(monotonicMs() - begunAtMs).toBeLessThan(500);
});

test.skipIf(procIsMissing)('a leader that is killed in the silence is replaced', async () => {
  await quiet();
  const leaders = await group.leaders();
  const victim = leaders[1] ?? 1;
  const [witness = 0] = group.running.filter((id) => id !== victim);
  await group.end(victim, 'SIGKILL');
  const killedAtMs = monotonicMs();
  await eventually('another node leads', 10_000, async () => {
    const lines = await group.lines(witness);
    const replaced = lines.every(({ leader }) => leader !== victim && leader !== 0);
    return lines.length > 0 && replaced ? true : undefined;
  });
  expect(monotonicMs() - killedAtMs).toBeLessThan(2_000);
  expect(await group.ask(witness, 'SET', 'lock:after', 'me', 'NX', 'PX', '60000')).toBe('OK');
});
