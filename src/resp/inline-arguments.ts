import type { ByteString } from '../base/byte-string.ts';

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const DOUBLE_QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;
const BACKSLASH = 0x5c;
const LOWER_X = 0x78;

/** What a letter behind a backslash stands for between double quotes. */
const escapes = new Map([
  [0x6e, LF],
  [0x72, CR],
  [0x74, TAB],
  [0x62, 0x08],
  [0x61, 0x07],
]);

/**
 * The arguments of an inline request, which people type: words between blanks, quoted where they
 * hold blanks. Between double quotes `\n \r \t \b \a \xHH` are bytes and a backslash keeps any
 * other byte as it is; between single quotes only `\'` is special (redis.io/docs, "Inline
 * commands"; the rules are those of redis-cli as well).
 *
 * @returns undefined if a quote does not end, or something other than a blank follows its end
 */
export function splitInline(line: Buffer, start: number, end: number): ByteString[] | undefined {
  const args: ByteString[] = [];
  let at = start;
  for (;;) {
    while (at < end && isBlank(line[at])) at += 1;
    if (at >= end) return args;
    const wordEnd = endOfPlainWord(line, at, end);
    if (wordEnd !== -1) {
      args.push(line.toString('latin1', at, wordEnd));
      at = wordEnd;
      continue;
    }
    const word = readQuotedWord(line, at, end);
    if (word === undefined) return undefined;
    args.push(Buffer.from(word.bytes).toString('latin1'));
    at = word.end;
  }
}

/** Where a word without quotes ends; -1 if it has quotes. */
function endOfPlainWord(line: Buffer, start: number, end: number): number {
  for (let at = start; at < end; at += 1) {
    const byte = line[at];
    if (byte === DOUBLE_QUOTE || byte === SINGLE_QUOTE) return -1;
    if (endsWord(byte)) return at;
  }
  return end;
}

interface Word {
  readonly bytes: number[];
  readonly end: number;
}

function readQuotedWord(line: Buffer, start: number, end: number): Word | undefined {
  const bytes: number[] = [];
  let at = start;
  while (at < end) {
    const byte = line[at];
    if (byte === undefined || endsWord(byte)) break;
    if (byte === DOUBLE_QUOTE || byte === SINGLE_QUOTE) {
      const close =
        byte === DOUBLE_QUOTE
          ? readDoubleQuoted(line, at + 1, end, bytes)
          : readSingleQuoted(line, at + 1, end, bytes);
      const endsThere = close !== -1 && (close === end || isBlank(line[close]));
      return endsThere ? { bytes, end: close } : undefined;
    }
    bytes.push(byte);
    at += 1;
  }
  return { bytes, end: at };
}

/** Appends what stands between double quotes; returns the offset behind them, or -1. */
function readDoubleQuoted(line: Buffer, start: number, end: number, bytes: number[]): number {
  let at = start;
  while (at < end) {
    const byte = line[at] ?? 0;
    if (byte === DOUBLE_QUOTE) return at + 1;
    const escaped = line[at + 1];
    if (byte !== BACKSLASH || escaped === undefined || at + 1 >= end) {
      bytes.push(byte);
      at += 1;
      continue;
    }
    const hex = escaped === LOWER_X && at + 3 < end ? line.toString('latin1', at + 2, at + 4) : '';
    if (/^[0-9a-f]{2}$/i.test(hex)) {
      bytes.push(Number.parseInt(hex, 16));
      at += 4;
    } else {
      bytes.push(escapes.get(escaped) ?? escaped);
      at += 2;
    }
  }
  return -1;
}

/** Appends what stands between single quotes; returns the offset behind them, or -1. */
function readSingleQuoted(line: Buffer, start: number, end: number, bytes: number[]): number {
  let at = start;
  while (at < end) {
    const byte = line[at] ?? 0;
    if (byte === SINGLE_QUOTE) return at + 1;
    const escaped = byte === BACKSLASH && at + 1 < end && line[at + 1] === SINGLE_QUOTE;
    bytes.push(escaped ? SINGLE_QUOTE : byte);
    at += escaped ? 2 : 1;
  }
  return -1;
}

/** The bytes between words: C's `isspace`. */
function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || (byte !== undefined && byte >= TAB && byte <= CR);
}

/** A vertical tab or a form feed is a blank before a word and a byte inside one, as in Redis. */
function endsWord(byte: number | undefined): boolean {
  return byte === SPACE || byte === LF || byte === CR || byte === TAB;
}
