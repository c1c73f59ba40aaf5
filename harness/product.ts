import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the repository, from the sources as from a build of a program. */
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
export const fencepostCommand = join(repositoryFolder(), 'bin', 'fencepost.js');
