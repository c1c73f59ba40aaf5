import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the repository, from the sources as from the build below `chaos/dist`. */
export function repositoryFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'bin', 'fencepost.js'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('bin/fencepost.js is not above this program');
    folder = parent;
  }
  return folder;
}

/** The command as its users start it: the build in `dist`. */
export function fencepostCommand(): string {
  return join(repositoryFolder(), 'bin', 'fencepost.js');
}

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

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
