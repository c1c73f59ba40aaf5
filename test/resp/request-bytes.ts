import type { ByteString } from '../../src/base/byte-string.ts';
import { limits } from '../../src/base/limits.ts';
import { type ParserLimits, RequestParser, type Violation } from '../../src/resp/request-parser.ts';

export const parserLimits: ParserLimits = {
  argumentCountMax: limits.argumentCountMax,
  argumentBytesMax: limits.argumentBytesMax,
  inlineBytesMax: limits.inlineBytesMax,
  authenticated: true,
};

export interface Parsed {
  readonly requests: readonly (readonly ByteString[])[];
  readonly violation: Violation | undefined;
  readonly pendingBytes: number;
}

/**
 * Everything that a new parser makes of these pieces. They come as from a socket: each in the same
 * buffer, which is overwritten once the parser had its chance to keep what it needs.
 */
export function parse(pieces: readonly ByteString[], options = parserLimits): Parsed {
  const parser = new RequestParser(options);
  const requests: (readonly ByteString[])[] = [];
  const longest = pieces.reduce((length, piece) => Math.max(length, piece.length), 0);
  const buffer = Buffer.alloc(longest + 1);
  for (const piece of pieces) {
    buffer.write(piece, 'latin1');
    parser.feed(buffer, piece.length);
    for (let args = parser.next(); args !== undefined; args = parser.next()) requests.push(args);
    parser.keepRest();
    buffer.fill('#');
  }
  return { requests, violation: parser.violation, pendingBytes: parser.pendingBytes };
}

/** The error text of bytes that cannot be requests, or what was parsed instead. */
export function refusalOf(bytes: ByteString, options = parserLimits): unknown {
  const { violation, requests } = parse([bytes], options);
  return violation?.kind === 'protocol' ? violation.text : (violation?.protocol ?? requests);
}
