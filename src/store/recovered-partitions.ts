import { PartitionTail } from './partition-tail.ts';
import type { Recovery } from './recover.ts';
import type { KeyAndValue, RecoveredPartition } from './store-port.ts';

/** What the node starts its partitions from. */
export function recoverPartitions(recovery: Recovery): Map<number, RecoveredPartition> {
  const { state, examination } = recovery;
  const partitions = [...examination.log.partitions.values()].map((log) => {
    const { partition, hardState } = log;
    const entries = log.isVoid ? [] : log.entries;
    const checkpoint = examination.checkpoints.get(partition);
    const rows = (): AsyncIterable<readonly KeyAndValue[]> =>
      checkpoint === undefined ? noRows() : state.rows(partition, checkpoint);
    return { partition, hardState, checkpoint, entries, state: rows };
  });
  return new Map(partitions.map((partition) => [partition.partition, partition]));
}

/** Where the open store goes on. What is void is so only once a restart of the log says so. */
export function tailsOf(recovery: Recovery): Map<number, PartitionTail> {
  const { log, checkpoints } = recovery.examination;
  const tails = [...log.partitions.values()].map((scanned) => {
    const tail = new PartitionTail(scanned.partition);
    tail.hardState = scanned.hardState;
    tail.lastIndex = scanned.lastIndex;
    tail.lastTerm = scanned.lastTerm;
    tail.reachedIndex = scanned.lastIndex;
    tail.generation = scanned.generation;
    tail.checkpoint = checkpoints.get(scanned.partition);
    for (const entry of scanned.entries) tail.bytes += entry.payload.length;
    return tail;
  });
  return new Map(tails.map((tail) => [tail.partition, tail]));
}

async function* noRows(): AsyncGenerator<readonly KeyAndValue[]> {
  // A partition without a checkpoint has no rows.
}
