import { Prng } from '../src/base/prng.ts';
import { findAbilities } from './abilities.ts';
import { Campaign } from './campaign.ts';
import { Cluster } from './cluster.ts';
import { type ChaosOptions, permittedFaults } from './options.ts';
import type { Verdict } from './verdict.ts';

/**
 * One run: a cluster of real processes, load, faults, and what became of it.
 *
 * @throws Error if the machine permits none of the faults, or the cluster cannot be set up
 */
export async function runChaos(
  options: ChaosOptions,
  tell: (line: string) => void,
): Promise<Verdict> {
  const found = findAbilities();
  const abilities = options.loopback ? { ...found, namespaces: 'loopback was asked for' } : found;
  if (abilities.namespaces !== true) tell(`no network namespaces: ${abilities.namespaces}`);
  const { permitted, skipped } = permittedFaults(options.faults, abilities);
  for (const line of skipped) tell(line);
  if (permitted.length === 0) throw new Error('this machine permits none of the faults');
  const isWanted = (name: string): boolean => permitted.some((fault) => fault.name === name);
  const cluster = await Cluster.open({
    nodeCount: options.nodes,
    partitionCount: options.partitions,
    seed: options.seed,
    abilities,
    areAlone: options.areAlone === true,
    needs: {
      powerLoss: isWanted('power-loss'),
      wallClock: isWanted('clock'),
      slowLinks: isWanted('slow'),
    },
  });
  const end = (): void => {
    void cluster.close().finally(() => process.exit(130));
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  try {
    const { nodes, partitions, seed } = options;
    tell(`${nodes} nodes, ${partitions} partitions, seed ${seed}, ${cluster.network.description}`);
    const campaign = new Campaign({
      cluster,
      partitionCount: partitions,
      faults: permitted,
      prng: new Prng(seed),
      minutes: options.minutes,
      lanes: options.lanes,
      tell,
    });
    return await campaign.run();
  } finally {
    process.removeListener('SIGINT', end);
    process.removeListener('SIGTERM', end);
    await cluster.close();
  }
}
