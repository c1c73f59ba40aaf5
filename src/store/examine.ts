import path from 'node:path';
import { FencepostError } from '../base/errors.ts';
import { indexOf } from '../raft/types.ts';
import { type ReadIdentity, readIdentity } from './identity.ts';
import { emptyLog } from './log-position.ts';
import { type LogBreak, type LogScan, listSegments, scanLog } from './log-scan.ts';
import type { Disk } from './platform.ts';
import type { State } from './state.ts';
import type { StoredCheckpoint } from './state-rows.ts';

/*
 * What is in a data folder, and whether it can be what was acknowledged. Opening a store and
 * repairing one look through the same eyes.
 */

export const folders = {
  log: (folder: string): string => path.join(folder, 'log'),
  state: (folder: string): string => path.join(folder, 'state'),
  identity: (folder: string): string => path.join(folder, 'identity'),
} as const;

export type Damage =
  /** The log is cut or changed at a place: a repair can cut it there. */
  | { readonly kind: 'log'; readonly broken: LogBreak; readonly message: string }
  /** No readable identity file, but log or state: a repair can write a new one. */
  | { readonly kind: 'identity'; readonly message: string }
  /** Checkpoints are lost or changed: nothing here can bring them back. */
  | { readonly kind: 'state'; readonly message: string };

/** A data folder, and the disk on which it is. */
export interface Place {
  readonly disk: Disk;
  readonly folder: string;
}

export interface Examination {
  readonly identity: ReadIdentity | undefined;
  readonly checkpoints: ReadonlyMap<number, StoredCheckpoint>;
  readonly log: LogScan;
  readonly damages: readonly Damage[];
}

/** Reads everything in the folder but the rows of the state. Changes nothing. */
export async function examine(place: Place, state: State): Promise<Examination> {
  const { disk, folder } = place;
  const damages: Damage[] = [];
  let identity: ReadIdentity | undefined;
  let checkpoints: Map<number, StoredCheckpoint> = new Map();
  try {
    identity = readIdentity(disk, folders.identity(folder));
  } catch (error) {
    damages.push({ kind: 'identity', message: damageOf(error) });
  }
  try {
    checkpoints = await state.checkpoints();
  } catch (error) {
    damages.push({ kind: 'state', message: damageOf(error) });
  }
  const used = listSegments(disk, folders.log(folder)).length > 0 || checkpoints.size > 0;
  if (identity === undefined && damages.length === 0 && used) {
    const message = `${folders.identity(folder)}: expected the identity file, found none`;
    damages.push({ kind: 'identity', message });
  }
  damages.push(...checkCheckpoints(folder, identity, checkpoints));
  const log = scan(place, identity, checkpoints);
  if (log.broken !== undefined && !log.broken.torn) {
    damages.push({ kind: 'log', broken: log.broken, message: describeBreak(log.broken, log) });
  }
  return { identity, checkpoints, log, damages };
}

/** The one sentence with which a damaged store refuses to open. */
export function damagedError(damages: readonly Damage[], folder: string): FencepostError {
  const what = damages.map((damage) => damage.message).join('; also ');
  const way = `"fencepost repair" with the data folder ${folder} shows what is lost`;
  return new FencepostError('DATA_DAMAGED', `${what}. Nothing is served; ${way}.`);
}

function scan(
  { disk, folder }: Place,
  identity: ReadIdentity | undefined,
  checkpoints: ReadonlyMap<number, StoredCheckpoint>,
): LogScan {
  const record = identity?.record;
  const floors = [...(record?.partitions ?? [])].map(([id, floor]) => [id, floor.index] as const);
  return scanLog({
    disk,
    folder: folders.log(folder),
    clusterId: record?.clusterId,
    firstSegment: record?.firstSegment,
    floor: record?.floor ?? emptyLog,
    floors: new Map(floors),
    checkpoints,
  });
}

/** The identity file knows a checkpoint that the state must hold, or a later one. */
function checkCheckpoints(
  folder: string,
  identity: ReadIdentity | undefined,
  checkpoints: ReadonlyMap<number, StoredCheckpoint>,
): Damage[] {
  return [...(identity?.record.partitions ?? [])].flatMap(([partition, floor]) => {
    const index = checkpoints.get(partition)?.index ?? indexOf(0);
    if (index >= floor.checkpoint) return [];
    const place = `${folders.state(folder)}, partition ${partition}`;
    const expected = `expected the checkpoint at index ${floor.checkpoint} or a later one`;
    const found = index === 0 ? 'found none' : `found the one at index ${index}`;
    return [{ kind: 'state', message: `${place}: ${expected}, ${found}` } as const];
  });
}

const placesShownMax = 4;

function describeBreak(broken: LogBreak, log: LogScan): string {
  const known = [...log.partitions.values()];
  const places = known
    .slice(0, placesShownMax)
    .map((part) => `partition ${part.partition} after index ${part.lastIndex}`);
  if (known.length > placesShownMax) places.push(`${known.length - placesShownMax} more`);
  const where = places.length === 0 ? 'no entry before it' : places.join(', ');
  const { path: file, position, expected, found } = broken;
  const place = `${file} is damaged at byte ${position.offset} (${where})`;
  return `${place}: expected ${expected}, found ${found}`;
}

function damageOf(error: unknown): string {
  if (error instanceof FencepostError && error.code === 'DATA_DAMAGED') return error.message;
  throw error;
}
