/*
 * Installs the packages of this folder as its lock file says, unless that was done already: npm
 * leaves a copy of what it installed beside the packages, and it must be younger than both files.
 */
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const changedMs = (file) => statSync(folder + file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
const installedMs = changedMs('node_modules/.package-lock.json');

if (installedMs <= Math.max(changedMs('package.json'), changedMs('package-lock.json'))) {
  // The root package insists on engines, and npm hands that on to this one in the environment.
  const args = ['--prefix', folder, 'ci', '--engine-strict=false', '--loglevel=error'];
  const { status } = spawnSync('npm', args, { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}
