import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { describeClusterClient } from '../cluster-suite.ts';
import { drivenClient } from '../lock-driver.ts';

/* redis-py's own Lock on its RedisCluster, which came with 4.1. */

const program = fileURLToPath(new URL('../python/lock_driver.py', import.meta.url));
const showVersion = 'import redis; redis.RedisCluster; print(redis.__version__)';

const found = ['python3', '/usr/bin/python3']
  .map((python) => ({ python, run: spawnSync(python, ['-c', showVersion], { encoding: 'utf8' }) }))
  .find(({ run }) => run.status === 0);

test.skipIf(found === undefined)('redis-py with RedisCluster is installed', () => {
  expect(found?.run.stdout).toMatch(/^\d+\.\d+/);
});

if (found === undefined) {
  console.warn('redis-py is skipped: no python3 here has RedisCluster (Debian: python3-redis)');
} else {
  describeClusterClient(
    drivenClient({
      name: 'redis-py (RedisCluster, Lock)',
      version: found.run.stdout.trim(),
      protocol: 2,
      command: [found.python, program, '--cluster'],
    }),
  );
}
