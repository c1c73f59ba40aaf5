import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { Prng } from '../../src/base/prng.ts';
import { isFounding, markFounding, unmarkFounding } from '../../src/node/founding-mark.ts';
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

test('removing a mark that is not there changes nothing', () => {
  const disk = new CrashDisk(new Prng(1));
  unmarkFounding(temporaryFolder(), disk);
  expect(disk.calls).toBe(0);
});
