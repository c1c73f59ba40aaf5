import { assertNever } from '../base/assert.ts';
import type { ByteReader } from '../base/byte-reader.ts';
import type { ByteWriter } from '../base/byte-writer.ts';
import { FencepostError } from '../base/errors.ts';
import { error, NONE, NULL, NULL_ARRAY, type Reply } from '../resp/reply.ts';

/**
 * Replies as values between nodes: the origin encodes them in the protocol of its session. A reply
 * is written before what it holds, so that neither direction needs recursion.
 */
const tags = {
  simple: 1,
  error: 2,
  integer: 3,
  negative: 4,
  wide: 5,
  bulk: 6,
  null: 7,
  nullArray: 8,
  array: 9,
  map: 10,
  set: 11,
  push: 12,
  true: 13,
  false: 14,
  double: 15,
  bigNumber: 16,
  verbatim: 17,
  none: 18,
} as const;

export function writeReply(writer: ByteWriter, reply: Reply): void {
  const rest: Reply[] = [reply];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const inside = writeOne(writer, next);
    for (let at = inside.length - 1; at >= 0; at -= 1) rest.push(inside[at] ?? NONE);
  }
}

const nothing: readonly Reply[] = [];

/** Writes a reply without what it holds, which is returned. */
function writeOne(writer: ByteWriter, reply: Reply): readonly Reply[] {
  switch (reply.kind) {
    case 'simple':
      return writeText(writer, tags.simple, reply.text);
    case 'error':
      return writeText(writer, tags.error, reply.text);
    case 'integer':
      return writeInteger(writer, reply.value);
    case 'bulk':
      return writeText(writer, tags.bulk, reply.value);
    case 'null':
      return writeTag(writer, tags.null);
    case 'null-array':
      return writeTag(writer, tags.nullArray);
    case 'array':
      return writeItems(writer, tags.array, reply.items);
    case 'map':
      return writeItems(writer, tags.map, reply.entries.flat());
    case 'set':
      return writeItems(writer, tags.set, reply.items);
    case 'push':
      return writeItems(writer, tags.push, reply.items);
    case 'boolean':
      return writeTag(writer, reply.value ? tags.true : tags.false);
    case 'double':
      return writeDouble(writer, reply.value);
    case 'big-number':
      return writeText(writer, tags.bigNumber, reply.digits);
    case 'verbatim':
      writeText(writer, tags.verbatim, reply.format);
      writer.string(reply.value);
      return nothing;
    case 'none':
      return writeTag(writer, tags.none);
    case 'several':
      throw new TypeError('commands about subscriptions run at the node of their session');
    default:
      return assertNever(reply);
  }
}

function writeTag(writer: ByteWriter, tag: number): readonly Reply[] {
  writer.u8(tag);
  return nothing;
}

function writeText(writer: ByteWriter, tag: number, text: string): readonly Reply[] {
  writer.u8(tag);
  writer.string(text);
  return nothing;
}

function writeItems(writer: ByteWriter, tag: number, items: readonly Reply[]): readonly Reply[] {
  writer.u8(tag);
  writer.varint(items.length);
  return items;
}

/** What fits a safe integer stays a number; the rest goes as digits. */
function writeInteger(writer: ByteWriter, value: number | bigint): readonly Reply[] {
  if (typeof value === 'bigint' || !Number.isSafeInteger(value)) {
    return writeText(writer, tags.wide, String(BigInt(value)));
  }
  writer.u8(value < 0 ? tags.negative : tags.integer);
  writer.varint(Math.abs(value));
  return nothing;
}

function writeDouble(writer: ByteWriter, value: number): readonly Reply[] {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeDoubleLE(value);
  writer.u8(tags.double);
  writer.bytes(bytes);
  return nothing;
}

/** A reply that holds others, while they are read. */
interface Open {
  readonly tag: number;
  readonly count: number;
  readonly items: Reply[];
}

/** @throws FencepostError `DATA_DAMAGED` if the bytes hold no reply */
export function readReply(reader: ByteReader): Reply {
  const open: Open[] = [];
  for (;;) {
    let reply = readOne(reader, open);
    while (reply !== undefined) {
      const holder = open.at(-1);
      if (holder === undefined) return reply;
      holder.items.push(reply);
      if (holder.items.length < holder.count) break;
      open.pop();
      reply = closed(holder);
    }
  }
}

/** Reads one reply; undefined if it holds others, which follow. */
function readOne(reader: ByteReader, open: Open[]): Reply | undefined {
  const tag = reader.u8();
  switch (tag) {
    case tags.simple:
      return { kind: 'simple', text: reader.string() };
    case tags.error:
      return error(reader.string());
    case tags.integer:
      return { kind: 'integer', value: reader.varint() };
    case tags.negative:
      return { kind: 'integer', value: -reader.varint() };
    case tags.wide:
      return { kind: 'integer', value: readWide(reader) };
    case tags.bulk:
      return { kind: 'bulk', value: reader.string() };
    case tags.null:
      return NULL;
    case tags.nullArray:
      return NULL_ARRAY;
    case tags.true:
    case tags.false:
      return { kind: 'boolean', value: tag === tags.true };
    case tags.double:
      return { kind: 'double', value: reader.bytes(8).readDoubleLE(0) };
    case tags.bigNumber:
      return { kind: 'big-number', digits: reader.string() };
    case tags.verbatim:
      return { kind: 'verbatim', format: reader.string(), value: reader.string() };
    case tags.none:
      return NONE;
    case tags.array:
    case tags.map:
    case tags.set:
    case tags.push: {
      const holder = { tag, count: reader.varint(), items: [] };
      if (holder.count === 0) return closed(holder);
      open.push(holder);
      return undefined;
    }
    default:
      throw new FencepostError('DATA_DAMAGED', `no reply begins with the byte ${tag}`);
  }
}

function readWide(reader: ByteReader): bigint {
  const digits = reader.string();
  if (/^-?[0-9]{1,4096}$/.test(digits)) return BigInt(digits);
  throw new FencepostError('DATA_DAMAGED', 'an integer is not made of digits');
}

function closed({ tag, items }: Open): Reply {
  switch (tag) {
    case tags.map:
      return { kind: 'map', entries: pairsOf(items) };
    case tags.set:
      return { kind: 'set', items };
    case tags.push:
      return { kind: 'push', items };
    default:
      return { kind: 'array', items };
  }
}

function pairsOf(items: readonly Reply[]): readonly (readonly [Reply, Reply])[] {
  if (items.length % 2 !== 0) throw new FencepostError('DATA_DAMAGED', 'a map lacks a value');
  const pairs: (readonly [Reply, Reply])[] = [];
  for (let at = 0; at < items.length; at += 2) {
    pairs.push([items[at] ?? NONE, items[at + 1] ?? NONE]);
  }
  return pairs;
}
