import path from 'node:path';
import { FencepostError } from '../base/errors.ts';
import { diskError, syncFolder, writeFileSync } from './disk.ts';
import { folders, type Place } from './examine.ts';
import { type IdentityRecord, identityOf, readIdentity } from './identity.ts';
import { createIdentity, newIdentity } from './identity-file.ts';
import { listSegments } from './log-scan.ts';
import { readHeader, type SegmentHeader, segmentFileName, segmentHeaderBytes } from './segment.ts';
import type { SetAside } from './store-port.ts';

/*
 * A damaged node of a cluster begins anew and gets everything from its peers. What it had is
 * kept for people to look at. All the while the identity file stays: with it the emptied folder
 * is still damaged, so that after a crash the node is not taken for one that never was, whose
 * votes and acknowledgements nobody has counted yet.
 */
export function setAside(place: Place): SetAside {
  try {
    return moveAside(place);
  } catch (error) {
    throw diskError(error, `setting aside what is in ${place.folder}`);
  }
}

function moveAside(place: Place): SetAside {
  const { disk, folder } = place;
  const known = findRecord(place);
  if (known === undefined) return { folder, identity: undefined };
  const moved = [folders.log(folder), folders.state(folder)].filter((name) =>
    disk.existsSync(name),
  );
  const file = folders.identity(folder);
  const side = moved.length > 0 || known.rebuilt ? makeSide(place) : folder;
  if (side !== folder && disk.existsSync(file)) {
    writeFileSync(disk, path.join(side, path.basename(file)), disk.readFileSync(file));
  }
  if (known.rebuilt) createIdentity(disk, file, known.record);
  for (const name of moved) disk.renameSync(name, path.join(side, path.basename(name)));
  if (side !== folder) syncFolder(disk, side);
  syncFolder(disk, folder);
  return { folder: side, identity: identityOf(known.record) };
}

interface KnownRecord {
  readonly record: IdentityRecord;
  /** From the log, since the file could not be read. */
  readonly rebuilt: boolean;
}

function findRecord(place: Place): KnownRecord | undefined {
  try {
    const read = readIdentity(place.disk, folders.identity(place.folder));
    if (read !== undefined) return { record: read.record, rebuilt: false };
  } catch (error) {
    if (!(error instanceof FencepostError) || error.code !== 'DATA_DAMAGED') throw error;
  }
  const headers = readHeaders(place);
  const newest = headers.at(-1);
  if (newest === undefined) return undefined;
  const { clusterId, nodeId, sequence } = newest;
  const incarnation = Math.max(...headers.map((header) => header.incarnation));
  // How far the log reached is not known: this floor is one that no log reaches.
  const floor = { segment: sequence + 1, offset: segmentHeaderBytes, crc: 0 };
  const record = { ...newIdentity({ clusterId, nodeId, incarnation }), floor };
  return { record, rebuilt: true };
}

/** Of the segments whose beginning can be read, oldest first. */
export function readHeaders({ disk, folder }: Place): readonly SegmentHeader[] {
  const log = folders.log(folder);
  return listSegments(disk, log)
    .map((sequence) => readHeader(disk.readFileSync(path.join(log, segmentFileName(sequence)))))
    .filter((header) => header.kind === 'header');
}

function makeSide({ disk, folder }: Place): string {
  for (let number = 1; ; number += 1) {
    const side = path.join(folder, `damaged-${number}`);
    if (disk.existsSync(side)) continue;
    disk.mkdirSync(side);
    return side;
  }
}
