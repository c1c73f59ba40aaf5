import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findAbilities } from '../../chaos/abilities.ts';
import type { Cluster } from '../../chaos/cluster.ts';
import { type Fault, faults, getFault } from '../../chaos/faults.ts';
import type { ChaosOptions } from '../../chaos/options.ts';
import { runChaos } from '../../chaos/run.ts';
import { concludeFrom, describeVerdict } from '../../chaos/verdict.ts';
import { numberFromEnvironment, seedOf } from '../seed.ts';

/*
 * The short run of `npm run chaos`, and two runs on which the whole of it, from the clients to
 * the verdict, must find something. What the machine does not permit is left out by name.
 */

const seconds = numberFromEnvironment('FENCEPOST_CHAOS_SECONDS', 70);
/** Proxies before the peer ports are a program of their own, which only `npm run chaos` builds. */
const needsBuild = findAbilities().namespaces === true ? ['slow'] : [];

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fencepost-chaos-test-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function optionsWith(given: Partial<ChaosOptions>): ChaosOptions {
  const usual = { minutes: 1, nodes: 3, partitions: 4, lanes: 12, loopback: false };
  return { ...usual, seed: seedOf(), faults: [getFault('kill')], ...given };
}

const tell = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

test('three nodes keep every promise under every fault', { timeout: 300_000 }, async () => {
  const wanted = faults.filter(({ name }) => !needsBuild.includes(name));
  const options = optionsWith({ minutes: seconds / 60, faults: wanted });
  const verdict = await runChaos(options, tell);
  tell(describeVerdict(verdict));
  expect(verdict.violations).toEqual([]);
  expect(concludeFrom(verdict)).toBe('passed');
});

test('three servers that are no cluster are found out', { timeout: 120_000 }, async () => {
  const options = optionsWith({ areAlone: true, minutes: 0.05 });
  const verdict = await runChaos(options, tell);
  expect(concludeFrom(verdict)).toBe('failed');
  expect(verdict.violations.join('\n')).toMatch(/partition 1: \d and \d led term 1/);
});

test('a cluster whose disks all go back to an earlier state is found out', {
  timeout: 120_000,
}, async () => {
  const verdict = await runChaos(optionsWith({ minutes: 0.4, faults: [goingBack()] }), tell);
  expect(concludeFrom(verdict)).toBe('failed');
  expect(verdict.violations.join('\n')).toContain('nothing explains');
});

/** The first time it keeps what the disks have; every later time it puts that back. */
function goingBack(): Fault {
  let isKept = false;
  const kept = (nodeId: number): string => join(folder, `kept-${nodeId}`);
  const exchange = async ({ nodes }: Cluster): Promise<void> => {
    for (const { place, volume } of nodes.values()) {
      if (isKept) {
        await rm(volume.folder, { recursive: true });
        await cp(kept(place.nodeId), volume.folder, { recursive: true });
      } else {
        await cp(volume.folder, kept(place.nodeId), { recursive: true });
      }
    }
    isKept = true;
  };
  return {
    name: 'going-back',
    summary: 'kill -9 of all; their disks go back to an earlier state',
    keepsMajority: false,
    run: async ({ cluster }) => {
      await cluster.end(cluster.nodeIds, 'SIGKILL');
      await exchange(cluster);
      await cluster.start(cluster.nodeIds);
    },
  };
}
