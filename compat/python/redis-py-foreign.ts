import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { describeLockClient } from '../contract-suite.ts';
import { drivenClient } from '../lock-driver.ts';

/*
 * redis-py's own Lock. The interpreter is the first one that has the package; Debian's is
 * python3-redis, which belongs to the interpreter in /usr/bin.
 */

const program = fileURLToPath(new URL('./lock_driver.py', import.meta.url));
const showVersion = 'import redis; print(redis.__version__)';

const found = ['python3', '/usr/bin/python3']
  .map((python) => ({ python, run: spawnSync(python, ['-c', showVersion], { encoding: 'utf8' }) }))
  .find(({ run }) => run.status === 0);

test.skipIf(found === undefined)('redis-py is installed', () => {
  expect(found?.run.stdout).toMatch(/^\d+\.\d+/);
});

if (found === undefined) {
  console.warn('redis-py is skipped: no python3 here has it (Debian: python3-redis)');
} else {
  const version = found.run.stdout.trim();
  const client = drivenClient({
    name: 'redis-py (Lock)',
    version,
    protocol: 2,
    command: [found.python, program],
  });
  describeLockClient(client, import.meta.url);
}
