import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { FencepostError } from '../base/errors.ts';
import { diskError, syncFolder, systemCode, writeAllSync } from './disk.ts';
import { damagedError, type Examination, examine, folders } from './examine.ts';
import type { IdentityRecord, ReadIdentity } from './identity.ts';
import { createIdentity, newIdentity } from './identity-file.ts';
import { listSegments } from './log-scan.ts';
import type { Disk, OpenState } from './platform.ts';
import { segmentFileName } from './segment.ts';
import { removeSpare } from './segment-supply.ts';
import { State } from './state.ts';
import type { StoreOptions } from './store-port.ts';

/** A data folder that is locked, read, found whole, and ready to be written to. */
export interface Recovery {
  readonly state: State;
  readonly identity: ReadIdentity;
  readonly examination: Examination;
}

interface RecoverOptions extends StoreOptions {
  readonly disk: Disk;
  readonly openState: OpenState;
  readonly log: (message: string, details: object) => void;
}

/**
 * Locks and examines the folder, creates the identity on the first open, and drops a torn tail.
 *
 * @throws FencepostError DATA_FOLDER_IN_USE, DATA_FOLDER_UNUSABLE, DATA_DAMAGED, DATA_FORMAT,
 *   DISK_FULL, DISK_FAILED
 */
export async function recover(options: RecoverOptions): Promise<Recovery> {
  const { disk, folder } = options;
  try {
    const changing = options.readOnly !== true;
    if (changing) makeFolders(disk, folders.log(folder));
    else disk.readdirSync(folder);
    const state = await State.open(folders.state(folder), options.openState);
    try {
      return await recoverLocked(options, state);
    } catch (error) {
      await state.close();
      throw error;
    }
  } catch (error) {
    throw openError(error, folder);
  }
}

/**
 * As `mkdir -p`. Node's own recursive mkdir never returns where the system answers ENOENT below
 * a folder that exists, as in /proc.
 */
function makeFolders(disk: Disk, folder: string): void {
  const missing: string[] = [];
  for (let at = path.resolve(folder); !disk.existsSync(at); at = path.dirname(at)) {
    missing.push(at);
  }
  for (const at of missing.reverse()) disk.mkdirSync(at);
}

async function recoverLocked(options: RecoverOptions, state: State): Promise<Recovery> {
  const { folder, disk, log } = options;
  let examination = await examine(options, state);
  if (beginsAnew(options, examination)) {
    create(options);
    examination = await examine(options, state);
  }
  if (examination.damages.length > 0) throw damagedError(examination.damages, folder);
  const identity = examination.identity ?? create(options);
  if (options.readOnly === true) return { state, identity, examination };
  for (const file of examination.log.leftover) disk.unlinkSync(file);
  removeSpare(disk, folders.log(folder));
  const { broken } = examination.log;
  if (broken !== undefined) {
    const { position, expected, found } = broken;
    log('writes that were never acknowledged are dropped', { ...position, expected, found });
  }
  rewriteTail(options, identity.record, examination);
  return { state, identity, examination };
}

/** What the folder held was set aside, and the node comes back as a later incarnation. */
function beginsAnew(options: RecoverOptions, { identity, checkpoints }: Examination): boolean {
  const { create: made, disk, folder } = options;
  if (options.readOnly === true || made === undefined || identity === undefined) return false;
  const { nodeId, incarnation } = identity.record;
  if (made.nodeId !== nodeId || (made.incarnation ?? 1) <= incarnation) return false;
  return listSegments(disk, folders.log(folder)).length === 0 && checkpoints.size === 0;
}

function create(options: RecoverOptions): ReadIdentity {
  const made = options.create ?? { clusterId: randomBytes(16).toString('hex'), nodeId: 1 };
  if (!/^[0-9a-f]{32}$/.test(made.clusterId)) {
    throw new FencepostError('BAD_OPTION', 'a cluster id has 32 hexadecimal digits');
  }
  const record = newIdentity(made);
  if (options.readOnly === true) return { record, generation: 0 };
  return createIdentity(options.disk, folders.identity(options.folder), record);
}

/**
 * Makes the end of the log what was read of it. Behind the floor the bytes may be in the
 * kernel's cache only: after a failed fsync it keeps them, marked as written. So they are written
 * once more, and synced, before anything is built on them; what follows becomes zero.
 */
function rewriteTail(
  options: RecoverOptions,
  record: IdentityRecord,
  examination: Examination,
): void {
  const { disk } = options;
  const folder = folders.log(options.folder);
  const { end } = examination.log;
  const from = record.floor;
  for (const sequence of listSegments(disk, folder).reverse()) {
    const file = path.join(folder, segmentFileName(sequence));
    if (sequence > end.segment) {
      disk.unlinkSync(file);
      continue;
    }
    if (sequence < from.segment) break;
    const bytes = disk.readFileSync(file);
    if (sequence === end.segment) bytes.fill(0, end.offset);
    const start = sequence === from.segment ? from.offset : 0;
    const dirty = sequence === end.segment && examination.log.broken !== undefined;
    const until = dirty ? bytes.length : sequence === end.segment ? end.offset : bytes.length;
    if (start >= until) continue;
    const descriptor = disk.openSync(file, 'r+');
    try {
      writeAllSync(disk, descriptor, bytes.subarray(start, until), start);
      disk.fdatasyncSync(descriptor);
    } finally {
      disk.closeSync(descriptor);
    }
  }
  syncFolder(disk, folder);
}

const unusable = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENOENT', 'ENAMETOOLONG'];

function openError(error: unknown, folder: string): unknown {
  const code = systemCode(error);
  if (error instanceof FencepostError || code === undefined) return error;
  if (unusable.includes(code)) {
    const reason = error instanceof Error ? error.message : code;
    const what = `the data folder ${folder} cannot be used: ${reason}`;
    return new FencepostError('DATA_FOLDER_UNUSABLE', what, error);
  }
  return diskError(error, `opening ${folder}`);
}
