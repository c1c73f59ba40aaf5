import type { Index } from '../raft/types.ts';
import type { LogPosition } from './log-position.ts';
import { type RecordHead, readBody, readRecord } from './record-decoder.ts';
import { recordMagic } from './record-encoder.ts';

/** What one readable record holds, for people. */
export interface RecordSummary {
  readonly position: LogPosition;
  readonly length: number;
  readonly durable: LogPosition;
  readonly ranges: readonly {
    readonly partition: number;
    readonly first: Index;
    readonly last: Index;
  }[];
  /** The highest term that the record names, by partition. */
  readonly terms: ReadonlyMap<number, number>;
}

const magicBytes = Buffer.alloc(4);
magicBytes.writeUInt32LE(recordMagic);
const zeros = Buffer.alloc(64 * 1024);

/** The offset of the first byte from `start` on that is not zero; undefined if all are. */
export function findNonZero(bytes: Buffer, start: number): number | undefined {
  for (let at = start; at < bytes.length; at += zeros.length) {
    const end = Math.min(at + zeros.length, bytes.length);
    if (bytes.compare(zeros, 0, end - at, at, end) === 0) continue;
    for (let byte = at; byte < end; byte += 1) if (bytes[byte] !== 0) return byte;
  }
  return undefined;
}

/** The offset behind the last byte that is not zero, at least `start`. */
export function findDataEnd(bytes: Buffer, start: number): number {
  let end = bytes.length;
  while (end > start && bytes[end - 1] === 0) end -= 1;
  return end;
}

/**
 * Every record from `start` on that can still be read, wherever it begins. A record names its
 * own place and its CRC has a secret seed, so bytes inside a value are not taken for one.
 */
export function findRecords(bytes: Buffer, start: LogPosition, salt: number): RecordSummary[] {
  const found: RecordSummary[] = [];
  let at = bytes.indexOf(magicBytes, start.offset);
  while (at >= 0) {
    const head = readRecord(bytes, { segment: start.segment, offset: at }, salt);
    if (head.kind === 'record') found.push(summarize(bytes, head));
    at = bytes.indexOf(magicBytes, head.kind === 'record' ? at + head.length : at + 1);
  }
  return found;
}

function summarize(bytes: Buffer, head: RecordHead): RecordSummary {
  const body = readBody(bytes, head);
  const ranges: RecordSummary['ranges'][number][] = [];
  const terms = new Map<number, number>();
  const { position, length, durable } = head;
  if (body.kind === 'opening') {
    for (const opening of body.partitions) {
      terms.set(opening.partition, Math.max(opening.lastTerm, opening.hardState?.term ?? 0));
    }
    return { position, length, durable, ranges, terms };
  }
  for (const { partition, hardState, restart, entries } of body.appends) {
    const first = entries[0];
    const last = entries.at(-1);
    terms.set(partition, Math.max(hardState?.term ?? 0, restart?.term ?? 0, last?.term ?? 0));
    if (first !== undefined && last !== undefined) {
      ranges.push({ partition, first: first.index, last: last.index });
    }
  }
  return { position, length, durable, ranges, terms };
}
