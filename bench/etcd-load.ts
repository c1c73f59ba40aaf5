import { EtcdClient } from './etcd-client.ts';
import type { LoadResult } from './load-result.ts';
import { type PairJob, PairNames, runPairs } from './pair-load.ts';

export interface EtcdJob extends PairJob {
  /** Of the nodes of one cluster; clients are spread over them. */
  readonly ports: readonly number[];
}

/** Longer than any measurement: no client has to keep its lease alive meanwhile. */
const leaseTtlSeconds = 120;

/**
 * Locks of etcd. One lease a client, as etcd's own client library has it, and not one a lock: a
 * pair is a lock and an unlock, and etcd is spared the grant of leases.
 */
export async function runEtcd({ ports, ...job }: EtcdJob): Promise<LoadResult> {
  const run = Math.floor(Math.random() * 2 ** 32) + 1;
  return await runPairs(job, async (number) => {
    const client = await EtcdClient.open(ports[number % ports.length] ?? 0);
    const leaseId = run * 1_024 + number;
    await client.grantLease(leaseId, leaseTtlSeconds);
    const names = new PairNames(number);
    let held: Buffer = Buffer.alloc(0);
    return {
      acquire: async () => {
        held = await client.lock(names.next().key, leaseId);
      },
      release: async () => await client.unlock(held),
      close: async () => client.close(),
    };
  });
}
