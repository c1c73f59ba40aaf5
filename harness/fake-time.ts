import { existsSync, readdirSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The library of Debian's package `faketime`; the variant for programs with threads. */
export function findFakeTimeLibrary(): string | undefined {
  for (const root of ['/usr/lib', '/usr/local/lib']) {
    for (const name of namesIn(root)) {
      const path = join(root, name, 'faketime', 'libfaketimeMT.so.1');
      if (existsSync(path)) return path;
    }
  }
  return undefined;
}

/**
 * What a process is started with that takes its time of day from a file, and its monotonic clock
 * from the system; nothing without the library.
 */
export function fakeTimeEnvironment(clockFile: string): Readonly<Record<string, string>> {
  const library = findFakeTimeLibrary();
  if (library === undefined) return {};
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: clockFile,
    FAKETIME_NO_CACHE: '1',
    // The name of the switch changed between versions of the library.
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    DONT_FAKE_MONOTONIC: '1',
  };
}

/** Moves the time of day of every process that takes it from the file. */
export async function setFakeTime(clockFile: string, offsetSeconds: number): Promise<void> {
  const sign = offsetSeconds < 0 ? '' : '+';
  await writeFile(`${clockFile}.next`, `${sign}${offsetSeconds}\n`);
  await rename(`${clockFile}.next`, clockFile);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
