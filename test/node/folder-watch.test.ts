import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FencepostError } from '../../src/base/errors.ts';
import { FolderWatch } from '../../src/node/folder-watch.ts';

let base: string;
let folder: string;
let found: FencepostError[];
let watch: FolderWatch;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'fencepost-'));
  folder = join(base, 'data');
  fill();
  found = [];
  watch = new FolderWatch({ folder, onLost: (failure) => found.push(failure) });
});

afterEach(() => {
  watch.stop();
  rmSync(base, { recursive: true });
});

/** What a store keeps open, in small. */
function fill(): void {
  mkdirSync(folder);
  for (const name of ['log', 'state']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'identity'), '');
  writeFileSync(segment(7), '');
  writeFileSync(join(folder, 'state', 'CURRENT'), '');
}

function segment(sequence: number): string {
  return join(folder, 'log', `${sequence}.log`.padStart(16, '0'));
}

describe('a data folder under a running store', () => {
  test.each<[string, () => void, RegExp]>([
    ['is deleted', () => rmSync(folder, { recursive: true }), /no such file.*identity/],
    ['is moved away', () => renameSync(folder, join(base, 'other')), /no such file.*identity/],
    [
      'is replaced by a copy',
      () => {
        renameSync(folder, join(base, 'other'));
        fill();
      },
      /identity is another file than at the start$/,
    ],
    ['loses its state', () => rmSync(join(folder, 'state'), { recursive: true }), /CURRENT/],
    ['loses its log', () => rmSync(join(folder, 'log'), { recursive: true }), /no such file.*log/],
    ['loses its newest segment', () => rmSync(segment(7)), /the log has lost segment 7$/],
  ])('%s: the watch tells so, once', async (_, lose, what) => {
    lose();
    await watch.look();
    await watch.look();
    expect(found.length).toBe(1);
    expect(found[0]).toMatchObject({ code: 'DATA_FOLDER_UNUSABLE' });
    expect(found[0]?.message).toMatch(/^the data folder .* was deleted, moved or replaced: /);
    expect(found[0]?.message).toMatch(what);
  });

  test('that was gone before the first look is told as well', async () => {
    rmSync(folder, { recursive: true });
    await watch.look();
    expect(found.length).toBe(1);
  });

  test('may begin segments, drop old ones and write its files anew', async () => {
    await watch.look();
    writeFileSync(segment(8), 'more');
    await watch.look();
    rmSync(segment(7));
    writeFileSync(join(folder, 'identity'), 'another slot');
    writeFileSync(join(folder, 'state', 'new'), '');
    renameSync(join(folder, 'state', 'new'), join(folder, 'state', 'CURRENT'));
    await watch.look();
    expect(found).toEqual([]);
  });

  test('is nothing to a watch that was stopped', async () => {
    watch.stop();
    rmSync(folder, { recursive: true });
    await watch.look();
    expect(found).toEqual([]);
  });

  test('is looked at again and again by a timer', async () => {
    const told = new Promise<FencepostError>((resolve) => {
      const timed = new FolderWatch({ folder, everyMs: 1, onLost: resolve });
      void timed.look().then(() => rmSync(folder, { recursive: true }));
    });
    expect((await told).code).toBe('DATA_FOLDER_UNUSABLE');
  });
});
