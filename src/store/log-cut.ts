import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { assert } from '../base/assert.ts';
import { indexOf, NOBODY, termOf } from '../raft/types.ts';
import { syncFolder, writeFileSync } from './disk.ts';
import { folders } from './examine.ts';
import type { IdentityRecord, PartitionFloor } from './identity.ts';
import { createIdentity, newIdentity } from './identity-file.ts';
import type { LogEnd } from './log-position.ts';
import { listSegments } from './log-scan.ts';
import { type PartitionOpening, RecordEncoder } from './record-encoder.ts';
import type { RepairPlan } from './repair-plan.ts';
import { encodeHeader, segmentFileName, segmentHeaderBytes, segmentSalt } from './segment.ts';
import { findDataEnd } from './segment-scan.ts';
import { readHeaders } from './set-aside.ts';

/**
 * Does what the plan says. The new incarnation is on disk before the first byte is cut, so that
 * after a crash in between the node is a new one whatever it lost, and the repair can be run
 * again.
 *
 * @returns the folder that keeps what was cut off
 */
export function cutLog(plan: RepairPlan): string {
  assert(plan.possible, 'only a log whose state is whole is cut');
  assert(plan.member === undefined, 'a node of several gets back from the others what it lost');
  const { disk, folder } = plan;
  const identity = nextIdentity(plan);
  const file = folders.identity(folder);
  if (plan.examination.identity !== undefined) createIdentity(disk, file, identity);
  const side = setAside(plan, path.join(folder, `cut-${numberOf(identity)}`));
  const end = beginSegment(plan, identity);
  const partitions = plan.losses.map(({ partition, keptIndex, checkpoint }) => {
    const floor: PartitionFloor = { index: keptIndex, checkpoint };
    return [partition, floor] as const;
  });
  const firstSegment = plan.kept.segments[0]?.sequence ?? end.segment;
  const record = { ...identity, firstSegment, floor: end, partitions: new Map(partitions) };
  createIdentity(disk, file, record);
  return side;
}

function nextIdentity(plan: RepairPlan): IdentityRecord {
  const { identity, log } = plan.examination;
  if (identity !== undefined) {
    const { record } = identity;
    // The only node of a cluster keeps its name: the members on disk are told by it, and nobody
    // else counts its votes.
    const incarnation = record.incarnation + (record.peers.size === 0 ? 1 : 0);
    return { ...record, incarnation, cuts: record.cuts + 1 };
  }
  const headers = readHeaders(plan);
  return {
    ...newIdentity({
      clusterId: log.clusterId ?? randomBytes(16).toString('hex'),
      nodeId: headers.at(-1)?.nodeId ?? 1,
      incarnation: Math.max(1, ...headers.map((header) => header.incarnation)) + 1,
    }),
    cuts: 1,
    firstSegment: plan.cutAt.segment,
    floor: plan.kept.end,
  };
}

/** Rises with every cut. */
function numberOf({ incarnation, cuts }: IdentityRecord): number {
  return Math.max(incarnation, cuts + 1);
}

/** Keeps what is behind the cut in `side`, and takes it out of the log. */
function setAside(plan: RepairPlan, side: string): string {
  const { disk } = plan;
  const folder = folders.log(plan.folder);
  const { segment, offset } = plan.cutAt;
  if (!disk.existsSync(side)) disk.mkdirSync(side);
  for (const sequence of listSegments(disk, folder)) {
    if (sequence < segment) continue;
    const name = segmentFileName(sequence);
    const file = path.join(folder, name);
    if (sequence > segment || offset === 0) {
      disk.renameSync(file, path.join(side, name));
      continue;
    }
    const bytes = disk.readFileSync(file);
    const cut = bytes.subarray(offset, findDataEnd(bytes, offset));
    writeFileSync(disk, path.join(side, `${name}.from-${offset}`), cut);
    const descriptor = disk.openSync(file, 'r+');
    disk.truncateSync(descriptor, offset);
    disk.fdatasyncSync(descriptor);
    disk.closeSync(descriptor);
  }
  for (const changed of [side, folder, plan.folder]) syncFolder(disk, changed);
  return side;
}

/** A new segment says where each partition stands now, under the new incarnation. */
function beginSegment(plan: RepairPlan, identity: IdentityRecord): LogEnd {
  const { disk } = plan;
  const { clusterId, nodeId, incarnation } = identity;
  const { end, segments } = plan.kept;
  const sequence = segments.length === 0 ? plan.cutAt.segment || 1 : end.segment + 1;
  const header = encodeHeader({
    sequence,
    clusterId,
    nodeId,
    incarnation,
    previousCrc: end.crc,
    previousEnd: end.offset,
  });
  const encoder = new RecordEncoder();
  encoder.encodeOpening(plan.losses.map(({ partition }) => openingOf(plan, partition)));
  const record = encoder.seal({
    position: { segment: sequence, offset: segmentHeaderBytes },
    previousCrc: header.readUInt32LE(60),
    durable: end,
    salt: segmentSalt(clusterId, sequence),
  });
  const file = path.join(folders.log(plan.folder), segmentFileName(sequence));
  writeFileSync(disk, file, Buffer.concat([header, record]));
  syncFolder(disk, folders.log(plan.folder));
  const offset = segmentHeaderBytes + record.length;
  return { segment: sequence, offset, crc: record.readUInt32LE(4) };
}

/** The term is the highest that anything readable names: the node voted up to there. */
function openingOf(plan: RepairPlan, partition: number): PartitionOpening {
  const log = plan.kept.partitions.get(partition);
  const checkpoint = plan.examination.checkpoints.get(partition);
  const ahead =
    checkpoint !== undefined &&
    (log === undefined || log.isVoid || checkpoint.index > log.lastIndex);
  const lastIndex = ahead ? checkpoint.index : (log?.lastIndex ?? indexOf(0));
  const lastTerm = ahead ? checkpoint.term : (log?.lastTerm ?? termOf(0));
  const known = log?.hardState;
  const terms = plan.readable.map((record) => record.terms.get(partition) ?? 0);
  const term = termOf(Math.max(lastTerm, known?.term ?? 0, ...terms));
  const hardState = known?.term === term ? known : { term, votedFor: NOBODY };
  const generation = Math.max(checkpoint?.generation ?? 0, log?.generation ?? 0);
  return { partition, hardState, lastIndex, lastTerm, generation };
}
