import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NodeGroup } from '../../harness/node-group.ts';
import { targetKind } from '../target.ts';
import { findRedisCli, runRedisCli } from './run-redis-cli.ts';

/* redis-cli before three nodes, in its own cluster mode (`-c`) and as the tool for clusters. */

const missing = findRedisCli() === undefined || targetKind !== 'fencepost';

describe.skipIf(missing)('redis-cli on a cluster', () => {
  let group: NodeGroup;

  beforeAll(async () => {
    group = await NodeGroup.start();
  });

  afterAll(async () => {
    await group?.stop();
  });

  test('what one node took, every node has, with -c and without', async () => {
    const keys = Array.from({ length: 12 }, (_, at) => `key:${at}`);
    for (const key of keys) {
      const set = await runRedisCli(group.server(1), ['-c', 'SET', key, key]);
      expect(set.output).toBe('OK\n');
    }
    for (const [at, key] of keys.entries()) {
      const mode = at % 2 === 0 ? ['-c'] : [];
      expect((await runRedisCli(group.server((at % 3) + 1), [...mode, 'GET', key])).output).toBe(
        `${key}\n`,
      );
    }
    for (const id of group.running) {
      expect((await runRedisCli(group.server(id), ['DBSIZE'])).output).toBe(`${keys.length}\n`);
    }
  });

  test('its check of a cluster finds every slot served, and the nodes of one mind', async () => {
    // Leaders may be moving of themselves, to spread evenly, while it looks.
    const check = async (): Promise<string> => {
      const node = group.server(2);
      const args = ['--cluster', 'check', `${node.host}:${node.port}`];
      const { code, output } = await runRedisCli(node, args);
      return `${code} ${output}`;
    };
    await expect
      .poll(check, { timeout: 30_000, interval: 200 })
      .toMatch(/^0 .*All nodes agree about slots configuration.*All 16384 slots covered/s);
  });
});
