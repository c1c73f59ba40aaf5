import { asciiLower, type ByteString } from './byte-string.ts';

/**
 * Whether `text` matches a pattern of KEYS, SCAN, PSUBSCRIBE or CONFIG GET: `*` any bytes, `?` one
 * byte, `[ae]`, `[a-e]`, `[^a]` one byte of a class, `\` takes the next byte as it is
 * (redis.io/commands/keys).
 *
 * Only the last `*` is ever tried again, so the time is bounded by the product of the lengths: a
 * pattern of many stars cannot stall the process (Redis CVE-2022-36021).
 */
export function matchesGlob(
  pattern: ByteString,
  text: ByteString,
  { ignoreCase = false }: { readonly ignoreCase?: boolean } = {},
): boolean {
  if (pattern === '*') return true;
  return ignoreCase ? matches(asciiLower(pattern), asciiLower(text)) : matches(pattern, text);
}

function matches(pattern: ByteString, text: ByteString): boolean {
  let patternAt = 0;
  let textAt = 0;
  /** Behind the last star, and the text that it was last tried to end at. */
  let starAt = -1;
  let starTextAt = 0;
  while (textAt < text.length) {
    if (patternAt < pattern.length && pattern[patternAt] === '*') {
      starAt = ++patternAt;
      starTextAt = textAt;
      continue;
    }
    const end = patternAt < pattern.length ? matchOne(pattern, patternAt, text[textAt] ?? '') : -1;
    if (end !== -1) {
      patternAt = end;
      textAt += 1;
    } else if (starAt !== -1) {
      patternAt = starAt;
      textAt = ++starTextAt;
    } else {
      return false;
    }
  }
  while (pattern[patternAt] === '*') patternAt += 1;
  return patternAt === pattern.length;
}

/** Matches one byte with what stands at `at`; returns the offset behind that, or -1. */
function matchOne(pattern: ByteString, at: number, byte: ByteString): number {
  switch (pattern[at]) {
    case '?':
      return at + 1;
    case '[':
      return matchClass(pattern, at + 1, byte);
    case '\\': {
      const literalAt = at + 1 < pattern.length ? at + 1 : at;
      return pattern[literalAt] === byte ? literalAt + 1 : -1;
    }
    default:
      return pattern[at] === byte ? at + 1 : -1;
  }
}

/** A class that lacks its bracket ends with the pattern, as in Redis. */
function matchClass(pattern: ByteString, start: number, byte: ByteString): number {
  const negated = pattern[start] === '^';
  let at = negated ? start + 1 : start;
  let found = false;
  while (at < pattern.length && pattern[at] !== ']') {
    const first = pattern[at] ?? '';
    if (first === '\\' && at + 1 < pattern.length) {
      found ||= pattern[at + 1] === byte;
      at += 2;
    } else if (pattern[at + 1] === '-' && at + 2 < pattern.length) {
      const last = pattern[at + 2] ?? '';
      found ||= first <= last ? first <= byte && byte <= last : last <= byte && byte <= first;
      at += 3;
    } else {
      found ||= first === byte;
      at += 1;
    }
  }
  return found === negated ? -1 : Math.min(at + 1, pattern.length);
}
