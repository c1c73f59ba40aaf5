import { FencepostError } from '../base/errors.ts';
import { type Index, indexOf } from '../raft/types.ts';
import { type Damage, type Examination, examine, folders, type Place } from './examine.ts';
import { comparePositions, emptyLog, type LogPosition } from './log-position.ts';
import { type LogScan, scanLog } from './log-scan.ts';
import type { RecordSummary } from './segment-scan.ts';
import { readHeaders } from './set-aside.ts';
import type { State } from './state.ts';

/** What a cut keeps and loses of one partition. */
export interface PartitionLoss {
  readonly partition: number;
  /** The last index after the cut. */
  readonly keptIndex: Index;
  readonly checkpoint: Index;
  /** The highest index that is known to have been in the log. */
  readonly knownIndex: Index;
}

/** What is wrong with a data folder, and what a repair would do about it. Nothing is done yet. */
export interface RepairPlan extends Place {
  readonly examination: Examination;
  readonly damages: readonly Damage[];
  /** False: the state is damaged, and no cut of the log brings it back. */
  readonly possible: boolean;
  /**
   * The id of the node if it is one of several. Its log is not cut: the others have what it lost,
   * count on its votes, and grant the incarnation under which it comes back.
   */
  readonly member: number | undefined;
  /** Everything from here on is cut off the log. */
  readonly cutAt: LogPosition;
  /** The log as it is in front of the cut. */
  readonly kept: LogScan;
  readonly losses: readonly PartitionLoss[];
  /** Records behind the cut that can be read, and are cut off nevertheless. */
  readonly readable: readonly RecordSummary[];
}

/** Reads everything in the folder that `state` has locked, rows of the state too. */
export async function planRepair(place: Place, state: State): Promise<RepairPlan> {
  const examination = await examine(place, state);
  const damages = [...examination.damages, ...(await checkRows(state, examination))];
  const { broken } = examination.log;
  const damaged = broken !== undefined && !broken.torn;
  let cutAt: LogPosition = damaged ? broken.position : examination.log.end;
  let kept = scanKept(place, examination, cutAt);
  if (!continuesState(kept)) {
    cutAt = { segment: kept.segments[0]?.sequence ?? 1, offset: 0 };
    kept = scanKept(place, examination, cutAt);
  }
  const readable = damaged ? examination.log.following : [];
  return {
    ...place,
    examination,
    damages,
    possible: damages.every((damage) => damage.kind !== 'state'),
    member: memberOf(place, examination),
    cutAt,
    kept,
    losses: lossesOf(examination, kept, readable),
    readable,
  };
}

function memberOf(place: Place, { identity }: Examination): number | undefined {
  if (identity !== undefined) {
    const { nodeId, peers } = identity.record;
    return [...peers.keys()].some((peer) => peer !== nodeId) ? nodeId : undefined;
  }
  // A node alone is node 1. What else is left of the first node of a cluster, the start finds.
  const nodeId = readHeaders(place).at(-1)?.nodeId ?? 1;
  return nodeId === 1 ? undefined : nodeId;
}

function scanKept(place: Place, examination: Examination, stopBefore: LogPosition): LogScan {
  const { identity, checkpoints } = examination;
  return scanLog({
    disk: place.disk,
    folder: folders.log(place.folder),
    clusterId: identity?.record.clusterId,
    firstSegment: identity?.record.firstSegment,
    floor: emptyLog,
    floors: new Map(),
    checkpoints,
    stopBefore,
  });
}

/** A log that ends before the state is well: the state holds all that it lacks. */
function continuesState(kept: LogScan): boolean {
  return [...kept.partitions.values()].every(
    (log) =>
      log.isVoid || log.lastIndex <= log.checkpoint.index || log.checkComplete() === undefined,
  );
}

function lossesOf(
  examination: Examination,
  kept: LogScan,
  readable: readonly RecordSummary[],
): PartitionLoss[] {
  const known = new Map<number, number>();
  const note = (partition: number, index: number): void => {
    known.set(partition, Math.max(index, known.get(partition) ?? 0));
  };
  const keptOf = (partition: number): number => {
    const checkpoint = examination.checkpoints.get(partition)?.index ?? 0;
    const log = kept.partitions.get(partition);
    return log === undefined || log.isVoid ? checkpoint : Math.max(log.lastIndex, checkpoint);
  };
  for (const partition of kept.partitions.keys()) note(partition, keptOf(partition));
  const record = examination.identity?.record;
  // A log that reaches the floor has shown what the floor says, and may have truncated it since.
  if (record !== undefined && comparePositions(kept.end, record.floor) < 0) {
    for (const [partition, floor] of record.partitions) note(partition, floor.index);
  }
  for (const { ranges } of readable) for (const range of ranges) note(range.partition, range.last);
  return [...known]
    .sort(([left], [right]) => left - right)
    .map(([partition, index]) => ({
      partition,
      keptIndex: indexOf(keptOf(partition)),
      checkpoint: examination.checkpoints.get(partition)?.index ?? indexOf(0),
      knownIndex: indexOf(index),
    }));
}

async function checkRows(state: State, examination: Examination): Promise<Damage[]> {
  const damages: Damage[] = [];
  for (const [partition, checkpoint] of examination.checkpoints) {
    try {
      for await (const rows of state.rows(partition, checkpoint)) void rows;
    } catch (error) {
      if (!(error instanceof FencepostError)) throw error;
      damages.push({ kind: 'state', message: error.message });
    }
  }
  return damages;
}
