import { assertNever } from '../base/assert.ts';
import type { ByteString } from '../base/byte-string.ts';
import { doubleText } from './double-text.ts';
import { OK, QUEUED, type Reply } from './reply.ts';

/** Deeper replies (a script can build any table) end in an error where they would go on. */
const depthMax = 512;
const shortLengthMax = 1024;

const bulkHeads = Array.from({ length: shortLengthMax }, (_, length) => `$${length}\r\n`);
const smallIntegers = Array.from({ length: shortLengthMax }, (_, value) => `:${value}\r\n`);
const encodedOk = '+OK\r\n';
const encodedQueued = '+QUEUED\r\n';
const encodedTooDeep = '-ERR the reply is nested too deeply\r\n';

/**
 * The bytes of a reply in RESP2 or RESP3 (RESP3 spec). What RESP2 lacks is written there as Redis
 * does: maps, sets and pushes as arrays, booleans as integers, doubles and long numbers as bulk
 * strings. Errors and simple strings are one line: CR and LF in them become blanks.
 */
export function encodeReply(reply: Reply, protocol: 2 | 3): ByteString {
  return encode(reply, protocol, 0);
}

/** About how many bytes the encoded reply has, without encoding it. */
export function replyBytes(reply: Reply): number {
  return bytesOf(reply, 0);
}

function encode(reply: Reply, protocol: 2 | 3, depth: number): ByteString {
  switch (reply.kind) {
    case 'simple':
      if (reply === OK) return encodedOk;
      if (reply === QUEUED) return encodedQueued;
      return `+${oneLine(reply.text)}\r\n`;
    case 'error':
      return `-${oneLine(reply.text)}\r\n`;
    case 'integer':
      return encodeInteger(reply.value);
    case 'bulk':
      return encodeBulk(reply.value);
    case 'null':
      return protocol === 3 ? '_\r\n' : '$-1\r\n';
    case 'null-array':
      return protocol === 3 ? '_\r\n' : '*-1\r\n';
    case 'array':
      return encodeItems('*', reply.items, protocol, depth);
    case 'map':
      return encodeMap(reply.entries, protocol, depth);
    case 'set':
      return encodeItems(protocol === 3 ? '~' : '*', reply.items, protocol, depth);
    case 'push':
      return encodeItems(protocol === 3 ? '>' : '*', reply.items, protocol, depth);
    case 'several':
      return reply.items.reduce((text, item) => text + encode(item, protocol, depth), '');
    case 'none':
      return '';
    case 'boolean':
    case 'double':
    case 'big-number':
    case 'verbatim':
      return protocol === 3 ? encodeScalar3(reply) : encodeScalar2(reply);
    default:
      return assertNever(reply);
  }
}

type Scalar = Extract<Reply, { kind: 'boolean' | 'double' | 'big-number' | 'verbatim' }>;

function encodeScalar3(reply: Scalar): ByteString {
  switch (reply.kind) {
    case 'boolean':
      return reply.value ? '#t\r\n' : '#f\r\n';
    case 'double':
      return `,${doubleText(reply.value)}\r\n`;
    case 'big-number':
      return `(${oneLine(reply.digits)}\r\n`;
    case 'verbatim':
      return `=${reply.value.length + 4}\r\n${reply.format}:${reply.value}\r\n`;
    default:
      return assertNever(reply);
  }
}

function encodeScalar2(reply: Scalar): ByteString {
  switch (reply.kind) {
    case 'boolean':
      return reply.value ? ':1\r\n' : ':0\r\n';
    case 'double':
      return encodeBulk(doubleText(reply.value));
    case 'big-number':
      return encodeBulk(reply.digits);
    case 'verbatim':
      return encodeBulk(reply.value);
    default:
      return assertNever(reply);
  }
}

function encodeInteger(value: number | bigint): ByteString {
  return (typeof value === 'number' ? smallIntegers[value] : undefined) ?? `:${value}\r\n`;
}

function encodeBulk(value: ByteString): ByteString {
  return `${bulkHeads[value.length] ?? `$${value.length}\r\n`}${value}\r\n`;
}

function encodeItems(
  mark: string,
  items: readonly Reply[],
  protocol: 2 | 3,
  depth: number,
): ByteString {
  if (depth === depthMax) return encodedTooDeep;
  let text = `${mark}${items.length}\r\n`;
  for (const item of items) text += encode(item, protocol, depth + 1);
  return text;
}

function encodeMap(
  entries: readonly (readonly [Reply, Reply])[],
  protocol: 2 | 3,
  depth: number,
): ByteString {
  if (depth === depthMax) return encodedTooDeep;
  let text = protocol === 3 ? `%${entries.length}\r\n` : `*${2 * entries.length}\r\n`;
  for (const [key, value] of entries) {
    text += encode(key, protocol, depth + 1);
    text += encode(value, protocol, depth + 1);
  }
  return text;
}

function oneLine(text: ByteString): ByteString {
  return /[\r\n]/.test(text) ? text.replace(/[\r\n]/g, ' ') : text;
}

/** Mark, length and line ends of one reply; no shorter than they are for replies of real size. */
const frameBytes = 16;

function bytesOf(reply: Reply, depth: number): number {
  if (depth > depthMax) return frameBytes;
  switch (reply.kind) {
    case 'bulk':
    case 'verbatim':
      return reply.value.length + frameBytes;
    case 'simple':
    case 'error':
      return reply.text.length + frameBytes;
    case 'big-number':
      return reply.digits.length + frameBytes;
    case 'array':
    case 'set':
    case 'push':
    case 'several': {
      let bytes = frameBytes;
      for (const item of reply.items) bytes += bytesOf(item, depth + 1);
      return bytes;
    }
    case 'map': {
      let bytes = frameBytes;
      for (const [key, value] of reply.entries) {
        bytes += bytesOf(key, depth + 1) + bytesOf(value, depth + 1);
      }
      return bytes;
    }
    default:
      return frameBytes;
  }
}
