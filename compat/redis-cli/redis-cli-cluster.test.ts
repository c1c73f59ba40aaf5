import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ClusterProcess,
  clusterIsMissing,
  startCluster,
} from '../../test/harness/cluster-process.ts';
import type { ServerProcess } from '../../test/harness/server-process.ts';
import { targetKind } from '../target.ts';
import { findRedisCli, runRedisCli } from './run-redis-cli.ts';

/* redis-cli before three nodes, in its own cluster mode (`-c`) and as the tool for clusters. */

const missing = findRedisCli() === undefined || clusterIsMissing || targetKind !== 'fencepost';

describe.skipIf(missing)('redis-cli on a cluster', () => {
  let cluster: ClusterProcess;

  beforeAll(async () => {
    cluster = await startCluster();
  });

  afterAll(async () => {
    await cluster?.stop();
  });

  function nodeAt(at: number): ServerProcess {
    const node = cluster.nodes[at];
    if (node === undefined) throw new Error(`there is no node ${at + 1}`);
    return node;
  }

  test('what one node took, every node has, with -c and without', async () => {
    const keys = Array.from({ length: 12 }, (_, at) => `key:${at}`);
    for (const key of keys) {
      const set = await runRedisCli(nodeAt(0), ['-c', 'SET', key, key]);
      expect(set.output).toBe('OK\n');
    }
    for (const [at, key] of keys.entries()) {
      const mode = at % 2 === 0 ? ['-c'] : [];
      expect((await runRedisCli(nodeAt(at % 3), [...mode, 'GET', key])).output).toBe(`${key}\n`);
    }
    for (const node of cluster.nodes) {
      expect((await runRedisCli(node, ['DBSIZE'])).output).toBe(`${keys.length}\n`);
    }
  });

  test('its check of a cluster finds every slot served, and the nodes of one mind', async () => {
    // Leaders may be moving of themselves, to spread evenly, while it looks.
    const check = async (): Promise<string> => {
      const { host, port } = nodeAt(1);
      const args = ['--cluster', 'check', `${host}:${port}`];
      const { code, output } = await runRedisCli(nodeAt(1), args);
      return `${code} ${output}`;
    };
    await expect
      .poll(check, { timeout: 30_000, interval: 200 })
      .toMatch(/^0 .*All nodes agree about slots configuration.*All 16384 slots covered/s);
  });
});
