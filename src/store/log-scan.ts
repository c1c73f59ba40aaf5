import path from 'node:path';
import { FencepostError } from '../base/errors.ts';
import type { Index } from '../raft/types.ts';
import { comparePositions, emptyLog, type LogEnd, type LogPosition } from './log-position.ts';
import { type CheckpointMark, PartitionLog } from './partition-log.ts';
import type { Disk } from './platform.ts';
import { type RecordBody, type RecordHead, readBody, readRecord } from './record-decoder.ts';
import {
  checkFormat,
  findSequence,
  type ReadHeader,
  readHeader,
  segmentFileName,
  segmentHeaderBytes,
  segmentSalt,
} from './segment.ts';
import { findNonZero, findRecords, type RecordSummary } from './segment-scan.ts';

export interface ScanOptions {
  readonly disk: Disk;
  readonly folder: string;
  /** Undefined if the identity file is lost: then the first segment says whose log it is. */
  readonly clusterId: string | undefined;
  /** The segment with which the log begins; undefined: the lowest that is there. */
  readonly firstSegment: number | undefined;
  /** The log reached this place for certain, and each partition its floor there. */
  readonly floor: LogEnd;
  readonly floors: ReadonlyMap<number, Index>;
  readonly checkpoints: ReadonlyMap<number, CheckpointMark>;
  /** Takes the log to end here, whatever follows, and does not ask how far it must reach. */
  readonly stopBefore?: LogPosition;
}

export interface ScannedSegment {
  readonly sequence: number;
  readonly path: string;
  /** The highest index of each partition that this segment holds entries of. */
  readonly lastIndexes: Map<number, Index>;
}

/** The first place at which the log is not what was written. */
export interface LogBreak {
  readonly position: LogPosition;
  readonly path: string;
  readonly expected: string;
  readonly found: string;
  /** True: the end of writes that were never acknowledged. False: damage. */
  readonly torn: boolean;
}

export interface LogScan {
  readonly clusterId: string | undefined;
  /** Of the last readable header: what a lost identity file said. */
  readonly lastHeader: ReadHeader | undefined;
  readonly segments: readonly ScannedSegment[];
  readonly end: LogEnd;
  readonly partitions: ReadonlyMap<number, PartitionLog>;
  readonly broken: LogBreak | undefined;
  /** Records behind the break that can still be read. */
  readonly following: readonly RecordSummary[];
  /** Segments that the log no longer needs and a crash left behind. */
  readonly leftover: readonly string[];
}

/** Reads the whole log in order and checks everything that can be checked. Changes nothing. */
export function scanLog(options: ScanOptions): LogScan {
  return new LogScanner(options).scan();
}

/** The sequence numbers of the segment files in `folder`, ascending. */
export function listSegments(disk: Disk, folder: string): number[] {
  const names = disk.existsSync(folder) ? disk.readdirSync(folder) : [];
  return names.flatMap((name) => findSequence(name) ?? []).sort((left, right) => left - right);
}

interface Finding {
  readonly position: LogPosition;
  readonly expected: string;
  readonly found: string;
  /** The bytes are whole and contradict each other: never a torn tail. */
  readonly contradiction?: boolean;
}

class LogScanner {
  readonly #options: ScanOptions;
  readonly #segments: ScannedSegment[] = [];
  readonly #partitions = new Map<number, PartitionLog>();
  #clusterId: string | undefined;
  #lastHeader: ReadHeader | undefined;
  #end: LogEnd = emptyLog;
  #reachedFloor: boolean;

  constructor(options: ScanOptions) {
    this.#options = options;
    this.#clusterId = options.clusterId;
    this.#reachedFloor = options.floor.segment === 0;
    for (const [partition, checkpoint] of options.checkpoints) {
      this.#partitions.set(partition, new PartitionLog(partition, checkpoint));
    }
  }

  scan(): LogScan {
    const all = listSegments(this.#options.disk, this.#options.folder);
    const start = this.#options.firstSegment ?? all[0] ?? 1;
    const present = all.filter((seq) => seq >= start && !this.#stops({ segment: seq, offset: 0 }));
    const leftover = all.filter((sequence) => sequence < start).map((seq) => this.#pathOf(seq));
    const finding = this.#scanSegments(start, present);
    let following = finding === undefined ? [] : this.#follow(finding.position, present);
    let broken = finding === undefined ? undefined : this.#judge(finding, following);
    if (broken === undefined || broken.torn) {
      const lack = this.#checkReach(start);
      if (lack !== undefined) {
        following = this.#follow(lack.position, present);
        broken = this.#judge(lack, following);
      }
    }
    return {
      clusterId: this.#clusterId,
      lastHeader: this.#lastHeader,
      segments: this.#segments,
      end: this.#end,
      partitions: this.#partitions,
      broken,
      following,
      leftover,
    };
  }

  #scanSegments(start: number, present: readonly number[]): Finding | undefined {
    const last = present.at(-1) ?? start - 1;
    for (let sequence = start; sequence <= last; sequence += 1) {
      const position = { segment: sequence, offset: 0 };
      if (!present.includes(sequence)) {
        return { position, expected: 'a segment file', found: 'no such file' };
      }
      const finding = this.#scanSegment(this.#read(sequence), sequence);
      if (finding !== undefined) return finding;
    }
    return undefined;
  }

  #scanSegment(bytes: Buffer, sequence: number): Finding | undefined {
    const header = readHeader(bytes);
    const position = { segment: sequence, offset: 0 };
    if (header.kind === 'broken') return { ...header, position };
    const finding = this.#checkHeader(header, sequence);
    if (finding !== undefined) return finding;
    const salt = segmentSalt(header.clusterId, sequence);
    const lastIndexes = new Map<number, Index>();
    const first = readRecord(bytes, { segment: sequence, offset: segmentHeaderBytes }, salt);
    if (first.kind === 'broken') return { ...first, position };
    const segment = { sequence, path: this.#pathOf(sequence), lastIndexes };
    let previousCrc = header.crc;
    let offset = segmentHeaderBytes;
    for (;;) {
      const place = { segment: sequence, offset };
      if (this.#stops(place)) return undefined;
      if (findNonZero(bytes.subarray(0, offset + 4), offset) === undefined) {
        const dirty = findNonZero(bytes, offset);
        if (dirty === undefined) return undefined;
        const found = `zeros, but other bytes from ${dirty} on`;
        return { position: place, expected: 'a record, or zeros to the end', found };
      }
      const record = readRecord(bytes, place, salt);
      if (record.kind === 'broken') return { ...record, position: place };
      const problem = this.#apply(bytes, record, { previousCrc, segment });
      if (problem !== undefined) return { ...problem, position: place, contradiction: true };
      previousCrc = record.crc;
      offset += record.length;
      this.#end = { segment: sequence, offset, crc: record.crc };
      const short = this.#noteFloor();
      if (short !== undefined) return { ...short, position: place, contradiction: true };
    }
  }

  #checkHeader(header: ReadHeader, sequence: number): Finding | undefined {
    checkFormat(this.#pathOf(sequence), header.formatVersion);
    const position = { segment: sequence, offset: 0 };
    const clusterId = this.#clusterId ?? header.clusterId;
    if (header.clusterId !== clusterId || header.sequence !== sequence) {
      const expected = `segment ${sequence} of cluster ${clusterId}`;
      const found = `segment ${header.sequence} of cluster ${header.clusterId}`;
      return { position, expected, found, contradiction: true };
    }
    const end = this.#end;
    if (this.#segments.length > 0) {
      if (header.previousEnd !== end.offset || header.previousCrc !== end.crc) {
        const found = 'zeros, or the end of the file';
        const expected = `records up to ${header.previousEnd}, as segment ${sequence} says`;
        return { position: end, expected, found };
      }
    }
    this.#clusterId = clusterId;
    this.#lastHeader = header;
    return undefined;
  }

  #apply(
    bytes: Buffer,
    record: RecordHead,
    context: { readonly previousCrc: number; readonly segment: ScannedSegment },
  ): { readonly expected: string; readonly found: string } | undefined {
    if (record.previousCrc !== context.previousCrc) {
      return { expected: 'a record chained to the one before', found: 'a record of another chain' };
    }
    let problem: string | undefined;
    try {
      problem = this.#applyBody(readBody(bytes, record), context.segment);
    } catch (error) {
      if (!(error instanceof FencepostError)) throw error;
      problem = error.message;
    }
    if (problem === undefined) return undefined;
    return { expected: 'a record that continues the log', found: problem };
  }

  #applyBody(body: RecordBody, segment: ScannedSegment): string | undefined {
    if (body.kind === 'opening') {
      const first = this.#segments.length === 0;
      if (this.#segments.at(-1) === segment) return 'a second opening in one segment';
      this.#segments.push(segment);
      for (const opening of body.partitions) {
        const problem = this.#logOf(opening.partition).applyOpening(opening, first);
        if (problem !== undefined) return `partition ${opening.partition}: ${problem}`;
      }
      return undefined;
    }
    if (this.#segments.at(-1) !== segment) return 'a segment that does not begin with an opening';
    for (const append of body.appends) {
      const problem = this.#logOf(append.partition).applyAppend(append);
      if (problem !== undefined) return `partition ${append.partition}: ${problem}`;
      const last = append.entries.at(-1);
      if (last === undefined) continue;
      const known = segment.lastIndexes.get(append.partition) ?? 0;
      if (last.index > known) segment.lastIndexes.set(append.partition, last.index);
    }
    return undefined;
  }

  #logOf(partition: number): PartitionLog {
    const known = this.#partitions.get(partition);
    if (known !== undefined) return known;
    const created = new PartitionLog(partition, undefined);
    this.#partitions.set(partition, created);
    return created;
  }

  /** At the floor's place the chain must have the floor's CRC, and each partition its index. */
  #noteFloor(): { readonly expected: string; readonly found: string } | undefined {
    const { floor, floors } = this.#options;
    if (comparePositions(this.#end, floor) !== 0) return undefined;
    if (this.#end.crc !== floor.crc) {
      const found = 'a record with another CRC';
      return { expected: 'the record that the identity file names', found };
    }
    this.#reachedFloor = true;
    for (const [partition, index] of floors) {
      const last = this.#partitions.get(partition)?.lastIndex ?? 0;
      if (last >= index) continue;
      const expected = `partition ${partition} up to index ${index}, as the identity file says`;
      return { expected, found: `partition ${partition} up to index ${last}` };
    }
    return undefined;
  }

  /** Whether the readable log reaches the floor, and whether it continues the state. */
  #checkReach(start: number): Finding | undefined {
    if (this.#options.stopBefore !== undefined) return undefined;
    if (this.#reachedFloor) {
      for (const log of this.#partitions.values()) {
        const found = log.checkComplete();
        if (found === undefined) continue;
        const position = this.#placeOfEnd(start);
        return { position, expected: 'a log that continues the state', found, contradiction: true };
      }
      return undefined;
    }
    const { floor, floors } = this.#options;
    const short = [...floors].filter(([id, index]) => this.#logOf(id).lastIndex < index);
    const lost = short.map(
      ([id, index]) =>
        `partition ${id} ends at index ${this.#logOf(id).lastIndex}, ${index} was reached`,
    );
    const reached = `records up to byte ${floor.offset} of segment ${floor.segment}`;
    const expected = `${reached}, as the identity file says`;
    const found = ['the end of the log', ...lost].join('; ');
    return { position: this.#placeOfEnd(start), expected, found, contradiction: true };
  }

  #placeOfEnd(start: number): LogPosition {
    return this.#end.segment === 0 ? { segment: Math.max(start, 1), offset: 0 } : this.#end;
  }

  #stops(position: LogPosition): boolean {
    const { stopBefore } = this.#options;
    return stopBefore !== undefined && comparePositions(position, stopBefore) >= 0;
  }

  #follow(position: LogPosition, present: readonly number[]): RecordSummary[] {
    const clusterId = this.#clusterId;
    if (clusterId === undefined) return [];
    return present
      .filter((sequence) => sequence >= position.segment)
      .flatMap((sequence) => {
        const offset = sequence === position.segment ? position.offset : 0;
        const bytes = this.#read(sequence);
        const salt = segmentSalt(clusterId, sequence);
        return findRecords(bytes, { segment: sequence, offset }, salt);
      });
  }

  #judge(finding: Finding, following: readonly RecordSummary[]): LogBreak {
    const { position, expected, found } = finding;
    const beforeFloor = comparePositions(position, this.#options.floor) < 0;
    const proof = following.find((record) => comparePositions(record.durable, position) > 0);
    const torn = !finding.contradiction && !beforeFloor && proof === undefined;
    const path = this.#pathOf(position.segment);
    return { position, path, expected, found, torn };
  }

  #read(sequence: number): Buffer {
    return this.#options.disk.readFileSync(this.#pathOf(sequence));
  }

  #pathOf(sequence: number): string {
    return path.join(this.#options.folder, segmentFileName(sequence));
  }
}
