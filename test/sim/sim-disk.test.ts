import { describe, expect, test } from 'vitest';
import { Scheduler } from '../../sim/scheduler.ts';
import { SimDisk } from '../../sim/sim-disk.ts';
import { Prng } from '../../src/base/prng.ts';
import type { Disk } from '../../src/store/platform.ts';

interface Machine {
  readonly scheduler: Scheduler;
  readonly disk: SimDisk;
  readonly process: Disk;
}

function machineOf(seed: number): Machine {
  const scheduler = new Scheduler();
  const disk = new SimDisk(new Prng(seed), { onLoop: false, syncMicrosMax: 100 });
  const process = disk.attach({
    alive: true,
    later: (delay, then) => void scheduler.after(delay, then),
    mayResume: () => undefined,
  });
  return { scheduler, disk, process };
}

const bytes = Buffer.alloc(2_000, 7);

/** Writes all of it; the system may take less than it is given. */
function writeAll(process: Disk, file: number): void {
  let done = 0;
  while (done < bytes.length) done += process.writeSync(file, bytes.subarray(done), done);
}

describe('a simulated disk', () => {
  test('keeps through every power loss what was synced, under its name', () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const { disk, process } = machineOf(seed);
      const file = process.openSync('/a', 'w');
      writeAll(process, file);
      process.fdatasyncSync(file);
      process.fsyncSync(process.openSync('/', 'r'));
      disk.losePower();
      expect(process.readFileSync('/a')).toEqual(bytes);
    }
  });

  test('loses, tears or keeps what was not synced', () => {
    const kept = { all: 0, some: 0, none: 0 };
    for (let seed = 0; seed < 100; seed += 1) {
      const { disk, process } = machineOf(seed);
      const file = process.openSync('/a', 'w');
      process.fsyncSync(process.openSync('/', 'r'));
      writeAll(process, file);
      disk.losePower();
      const found = process.readFileSync('/a').filter((byte) => byte === 7).length;
      if (found === 0) kept.none += 1;
      else if (found === bytes.length) kept.all += 1;
      else kept.some += 1;
    }
    expect(Math.min(kept.all, kept.some, kept.none)).toBeGreaterThan(5);
  });

  test('never writes what a failed sync was to write, however often it is asked again', () => {
    const { disk, process } = machineOf(1);
    const file = process.openSync('/a', 'w');
    process.fsyncSync(process.openSync('/', 'r'));
    writeAll(process, file);
    disk.failing = 'EIO';
    expect(() => process.fdatasyncSync(file)).toThrow('EIO');
    disk.failing = undefined;
    process.fdatasyncSync(file);
    disk.losePower();
    expect(process.readFileSync('/a').includes(7)).toBe(false);
  });

  test('covers with a sync only what was written when it began', () => {
    let lost = 0;
    for (let seed = 0; seed < 30; seed += 1) {
      const { scheduler, disk, process } = machineOf(seed);
      const file = process.openSync('/a', 'w');
      process.fsyncSync(process.openSync('/', 'r'));
      let synced = false;
      process.fdatasync(file, () => {
        synced = true;
      });
      writeAll(process, file);
      while (scheduler.step(1_000));
      expect(synced).toBe(true);
      disk.losePower();
      if (process.readFileSync('/a').filter((byte) => byte === 7).length < 2_000) lost += 1;
    }
    expect(lost).toBeGreaterThan(0);
  });

  test('has no room left only for what makes a file longer', () => {
    const { disk, process } = machineOf(1);
    const file = process.openSync('/a', 'w');
    writeAll(process, file);
    disk.failing = 'ENOSPC';
    expect(process.writeSync(file, Buffer.from([1]), 0)).toBe(1);
    expect(() => process.writeSync(file, Buffer.from([1]), 2_000)).toThrow('ENOSPC');
  });
});
