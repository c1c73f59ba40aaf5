import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { Prng } from '../../src/base/prng.ts';
import {
  isFounding,
  keepFounding,
  keptFounding,
  markFounding,
  unmarkFounding,
} from '../../src/node/founding-mark.ts';
import { CrashDisk } from '../store/crash-disk.ts';
import { temporaryFolder } from '../store/temporary-folder.ts';

const seeds = Array.from({ length: 30 }, (_, seed) => seed);

/** The seeds at which the mark is there when the power comes back. */
function markedSeeds(act: (folder: string, disk: CrashDisk) => void): readonly number[] {
  return seeds.filter((seed) => {
    const folder = temporaryFolder();
    fs.mkdirSync(folder);
    const disk = new CrashDisk(new Prng(seed));
    act(folder, disk);
    disk.crash();
    return isFounding(folder);
  });
}

test('a loss of power takes no mark of a founder away, and brings none back', () => {
  expect(markedSeeds(markFounding)).toEqual(seeds);
  const removed = markedSeeds((folder, disk) => {
    markFounding(folder, disk);
    unmarkFounding(folder, disk);
  });
  expect(removed).toEqual([]);
});

test('control: one that is removed without a sync of its folder may come back', () => {
  const removed = markedSeeds((folder, disk) => {
    markFounding(folder, disk);
    disk.unlinkSync(path.join(folder, 'cluster-unconfirmed'));
  });
  expect(removed.length).toBeGreaterThan(0);
});

test('the name of a cluster is kept as a whole or not at all, and for good', () => {
  const kept = seeds.map((seed) => {
    const folder = temporaryFolder();
    fs.mkdirSync(folder);
    const disk = new CrashDisk(new Prng(seed));
    disk.failCall = 1 + (seed % 7);
    let done = true;
    try {
      keepFounding(folder, 'f0'.repeat(8), disk);
    } catch {
      done = false;
    }
    disk.crash();
    expect(keptFounding(folder)).toMatch(done ? /^(f0){8}$/ : /^((f0){8})?$/);
    return keptFounding(folder);
  });
  expect(new Set(kept).size).toBe(2);
});

test('removing a mark that is not there changes nothing', () => {
  const disk = new CrashDisk(new Prng(1));
  unmarkFounding(temporaryFolder(), disk);
  expect(disk.calls).toBe(0);
});
