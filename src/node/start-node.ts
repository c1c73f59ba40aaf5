import { FencepostError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Partition } from '../partition/partition.ts';
import type { StoreOptions } from '../store/store-port.ts';
import { LoopClock } from './loop-clock.ts';
import { Node, type NodeOptions } from './node.ts';
import { isDamage, type OpenData, openAnew, openData } from './open-data.ts';
import { recoverPartitions } from './recovery.ts';
import { timing } from './timing.ts';

/**
 * Opens the data folder, recovers the partitions and begins.
 *
 * @returns a node that serves, or that will as soon as enough of its peers are there
 * @throws FencepostError with a `DATA_…` code, `BAD_OPTION`, or `PEER_REFUSED` with the exact
 *   difference if the peers say that it is none of theirs
 */
export async function startNode(options: NodeOptions): Promise<Node> {
  let node: Node | undefined;
  const onFailure = (failure: FencepostError) => node?.fail(failure);
  const clock = new LoopClock(timing.tickMs + timing.lateMs);
  const { data, partitions } = await recover(options, clock, onFailure);
  try {
    node = new Node(options, { ...data, clock, partitions });
    await node.begin();
  } catch (failure) {
    await (node === undefined ? data.store.close() : node.stop());
    throw failure;
  }
  if (data.cluster === undefined) await readiness(node);
  return node;
}

interface Recovered {
  readonly data: OpenData;
  readonly partitions: readonly Partition[];
}

/** Opens the folder and reads what it holds; rows are found damaged only while they are read. */
async function recover(
  options: NodeOptions,
  clock: LoopClock,
  onFailure: StoreOptions['onFailure'],
): Promise<Recovered> {
  const data = await openData(options, onFailure);
  try {
    return { data, partitions: await partitionsOf(data, options, clock) };
  } catch (failure) {
    await data.store.close();
    if (data.cluster === undefined || !isDamage(failure)) throw failure;
    const anew = await openAnew(options, onFailure, failure);
    return { data: anew, partitions: await partitionsOf(anew, options, clock) };
  }
}

async function partitionsOf(
  { store, partitionCount, founders }: OpenData,
  options: NodeOptions,
  clock: LoopClock,
): Promise<readonly Partition[]> {
  const partitions = await recoverPartitions(
    store,
    {
      partitionCount,
      leaseGuardPercent: options.leaseGuardPercent,
      electionTimeoutTicks: timing.electionTimeoutTicks,
      heartbeatTicks: timing.heartbeatTicks,
      quiesceTicks: timing.quiesceTicks,
      monotonicMs: clock.monotonicMs,
      graceMs: 2 * timing.electionTimeoutTicks * timing.tickMs,
      onPublish: ({ channel, message }) => options.onPublish(channel, message),
    },
    founders,
  );
  store.forgetRecovered();
  return partitions;
}

/** A group of one is ready after two writes; on the loop at once, else after a few turns. */
async function readiness(node: Node): Promise<void> {
  for (let waitedMs = 0; waitedMs < limits.leadershipWaitMs; waitedMs += 1) {
    if (node.partitions.every(({ ready }) => ready)) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new FencepostError('DISK_FAILED', 'the first write to the log did not end in time');
}
