import type { ByteString } from '../base/byte-string.ts';
import { array, bulk, type Reply } from '../resp/reply.ts';

/**
 * Cursors of SCAN over several partitions. To the client a cursor is one number, 0 at the
 * beginning and at the end: `position * partitionCount + partition`. The partitions come one
 * after the other, and within one the command itself knows positions only.
 */
export interface CursorPlace {
  /** From 0. */
  readonly partition: number;
  /** The arguments with the position in place of the cursor. */
  readonly args: readonly ByteString[];
}

/** Where a SCAN goes on. A cursor that is no number is left for the command to refuse. */
export function cursorPartition(args: readonly ByteString[], partitionCount: number): CursorPlace {
  const [name = '', cursor = '', ...rest] = args;
  if (partitionCount === 1 || !/^[0-9]{1,15}$/.test(cursor)) return { partition: 0, args };
  const value = Number(cursor);
  const partition = value % partitionCount;
  const position = Math.floor(value / partitionCount);
  return { partition, args: [name, String(position), ...rest] };
}

/**
 * The reply of one partition with the cursor that the client gets. A partition that is done hands
 * over to the next one; `position 0` of a later partition is its beginning.
 */
export function cursorReply(reply: Reply, partition: number, partitionCount: number): Reply {
  if (partitionCount === 1 || reply.kind !== 'array') return reply;
  const [cursor, ...rest] = reply.items;
  if (cursor?.kind !== 'bulk') return reply;
  const position = Number(cursor.value);
  const done = position === 0;
  const last = partition === partitionCount - 1;
  const next = done ? (last ? 0 : partition + 1) : position * partitionCount + partition;
  return array([bulk(String(next)), ...rest]);
}
