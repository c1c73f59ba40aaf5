import luaparse from 'luaparse';
import type { ByteString } from '../base/byte-string.ts';
import { limits } from '../base/limits.ts';
import type { Chunk } from './site.ts';

/**
 * The tokens of a script. luaparse reads them; its parser is not used, because its tree does not
 * tell `(f())`, which is one value, from `f()`, which is any number of them, and because it
 * recurses on input without a bound.
 */
export interface Token {
  /** `<name>`, `<string>`, `<number>`, `<eof>`, or the text of a keyword or symbol. */
  readonly kind: string;
  /** The name, or the bytes of the string. */
  readonly text: ByteString;
  readonly value: number;
  /** How it looks in messages. */
  readonly raw: ByteString;
  /** The line on which it ends. */
  readonly line: number;
}

/** The source is not Lua 5.1. The message has its position, as luaL_loadbuffer gives it. */
export class SyntaxFault {
  readonly message: string;

  constructor(chunk: Chunk, line: number, message: string) {
    this.message = `${chunk.parserLabel}:${line}: ${message}`;
  }
}

const { tokenTypes } = luaparse;

/**
 * Cuts a source into tokens; the last is `<eof>`.
 *
 * @throws SyntaxFault
 */
export function tokenize(source: ByteString, chunk: Chunk): Token[] {
  const tokens: Token[] = [];
  // The first call leaves defined tokens behind, which messages of the lexer look at.
  luaparse.parse('', { comments: false });
  luaparse.parse(source, {
    wait: true,
    comments: false,
    luaVersion: '5.1',
    encodingMode: 'pseudo-latin1',
  });
  let line = 1;
  let end = 0;
  for (;;) {
    let lexed: ReturnType<typeof luaparse.lex>;
    try {
      lexed = luaparse.lex();
    } catch (error) {
      const stray = afterLexicalError(error, { source, chunk, line, end });
      tokens.push(stray, { ...stray, kind: '<eof>', raw: '<eof>' });
      return tokens;
    }
    const raw = source.slice(lexed.range[0], lexed.range[1]);
    line = lexed.lastLine ?? lexed.line;
    const token = tokenOf(lexed, raw, line);
    if (token.kind === '<number>') refuseTail({ source, chunk, line, raw, end: lexed.range[1] });
    tokens.push(token);
    if (token.kind === '<eof>') return tokens;
    if (tokens.length > limits.scriptTokenCountMax) {
      throw new SyntaxFault(chunk, line, 'chunk has too many tokens');
    }
    assertProgress(lexed.range[1], end);
    end = lexed.range[1];
  }
}

function tokenOf(lexed: ReturnType<typeof luaparse.lex>, raw: string, line: number): Token {
  const base = { text: '', value: 0, raw, line };
  switch (lexed.type) {
    case tokenTypes.EOF:
      return { ...base, kind: '<eof>', raw: '<eof>' };
    case tokenTypes.Identifier:
      return { ...base, kind: '<name>', text: raw };
    case tokenTypes.NumericLiteral:
      return { ...base, kind: '<number>', value: Number(lexed.value) };
    case tokenTypes.StringLiteral:
      return { ...base, kind: '<string>', text: stringOf(String(lexed.value), raw) };
    default:
      return { ...base, kind: raw };
  }
}

/** In a long string every kind of line end is one newline (Lua 5.1 manual 2.1). */
function stringOf(value: string, raw: string): string {
  return raw.startsWith('[') ? value.replace(/\r\n|\n\r|\r/g, '\n') : value;
}

/** Lua reads every letter, digit, underscore and dot after a number as part of it. */
function refuseTail(at: {
  readonly source: string;
  readonly chunk: Chunk;
  readonly line: number;
  readonly raw: string;
  readonly end: number;
}): void {
  const tail = /^[\w.]+/.exec(at.source.slice(at.end, at.end + numberTailMax));
  if (tail === null) return;
  if (tail[0].startsWith('..') && !at.raw.includes('.') && !/^\.\.[\w.]/.test(tail[0])) {
    throw new SyntaxFault(at.chunk, at.line, `malformed number near '${at.raw}..'`);
  }
  throw new SyntaxFault(at.chunk, at.line, `malformed number near '${at.raw}${tail[0]}'`);
}

const numberTailMax = 200;

/** Lua's own sentence for what luaparse's lexer refused, or a token that no parser accepts. */
function afterLexicalError(
  error: unknown,
  at: {
    readonly source: string;
    readonly chunk: Chunk;
    readonly line: number;
    /** Where the token before ends. */
    readonly end: number;
  },
): Token {
  const { message, line, index } = faultOf(error, at.line);
  const fault = (text: string): SyntaxFault => new SyntaxFault(at.chunk, line, text);
  const near = /near '([\s\S]*)'$/.exec(message)?.[1] ?? '';
  if (message.startsWith('unfinished string')) {
    throw fault(`unfinished string near '${index > at.source.length ? '<eof>' : near}'`);
  }
  if (message.startsWith('unfinished long string')) {
    throw fault("unfinished long string near '<eof>'");
  }
  if (message.startsWith('unfinished long comment')) {
    throw fault("unfinished long comment near '<eof>'");
  }
  if (message.startsWith('malformed number')) {
    const tail = /^\w*/.exec(at.source.slice(index, index + numberTailMax))?.[0] ?? '';
    throw fault(`malformed number near '${near}${tail}'`);
  }
  if (message.startsWith('decimal escape')) {
    const read = /["'][\s\S]*$/.exec(at.source.slice(at.end, at.source.lastIndexOf('\\', index)));
    throw fault(`escape sequence too large near '${read?.[0] ?? near}'`);
  }
  if (message.startsWith("'['")) {
    const read = /\[=*/.exec(at.source.slice(at.end));
    throw fault(`invalid long string delimiter near '${read?.[0] ?? '['}'`);
  }
  const stray = at.source.charAt(index);
  return { kind: stray, text: '', value: 0, raw: stray, line };
}

/** Parts of luaparse's error: `[line:column] message`, with `line` and `index` beside it. */
function faultOf(
  error: unknown,
  lineBefore: number,
): { readonly message: string; readonly line: number; readonly index: number } {
  if (!(error instanceof SyntaxError)) throw error;
  const message = error.message.replace(/^\[\d+:-?\d+\] /, '');
  const line = 'line' in error && typeof error.line === 'number' ? error.line : lineBefore;
  const index = 'index' in error && typeof error.index === 'number' ? error.index : 0;
  return { message, line: Math.max(line, lineBefore), index };
}

function assertProgress(end: number, before: number): void {
  if (end <= before) throw new RangeError('the lexer of luaparse does not advance');
}
