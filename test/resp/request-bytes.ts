import type { ByteString } from '../../src/base/byte-string.ts';
import { limits } from '../../src/base/limits.ts';
import { type ParserLimits, RequestParser, type Violation } from '../../src/resp/request-parser.ts';

export const parserLimits: ParserLimits = {
  argumentCountMax: limits.argumentCountMax,
  argumentBytesMax: limits.argumentBytesMax,
  inlineBytesMax: limits.inlineBytesMax,
  authenticated: true,
};

/** A request as clients send it. */
export function requestOf(args: readonly ByteString[]): ByteString {
  return `*${args.length}\r\n${args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join('')}`;
}

export interface Parsed {
  readonly requests: readonly (readonly ByteString[])[];
  readonly violation: Violation | undefined;
  readonly pendingBytes: number;
}

/** Everything that a new parser makes of these pieces. */
export function parse(pieces: readonly ByteString[], options = parserLimits): Parsed {
  const parser = new RequestParser(options);
  const requests: (readonly ByteString[])[] = [];
  for (const piece of pieces) {
    parser.feed(Buffer.from(piece, 'latin1'));
    for (let args = parser.next(); args !== undefined; args = parser.next()) requests.push(args);
  }
  return { requests, violation: parser.violation, pendingBytes: parser.pendingBytes };
}

/** The error text of bytes that cannot be requests, or what was parsed instead. */
export function refusalOf(bytes: ByteString, options = parserLimits): unknown {
  const { violation, requests } = parse([bytes], options);
  return violation?.kind === 'protocol' ? violation.text : (violation?.protocol ?? requests);
}
