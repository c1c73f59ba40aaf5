/** A place in the log: a segment by its sequence number (from 1) and a byte in its file. */
export interface LogPosition {
  readonly segment: number;
  readonly offset: number;
}

/** Where a log ends, with the CRC of the last record before: what the next record chains to. */
export interface LogEnd extends LogPosition {
  readonly crc: number;
}

export const emptyLog: LogEnd = { segment: 0, offset: 0, crc: 0 };

/** Below zero if `left` comes before `right`, 0 if they are one place. */
export function comparePositions(left: LogPosition, right: LogPosition): number {
  return left.segment - right.segment || left.offset - right.offset;
}
