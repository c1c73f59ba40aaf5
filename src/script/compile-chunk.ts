import type { ByteString } from '../base/byte-string.ts';
import type { Code } from './code.ts';
import { emitAll, emitList, emitOne } from './emit-expression.ts';
import { emitBlock } from './emit-statement.ts';
import type { Emitter, Globals } from './emitter.ts';
import { SyntaxFault } from './lexer.ts';
import { parseChunk } from './parse-statement.ts';
import type { Chunk } from './site.ts';
import type { FunctionBody } from './syntax.ts';

/** The code of a chunk, or the message of the error in it. */
export function compileChunk(source: ByteString, chunk: Chunk, globals: Globals): Code | string {
  try {
    return emitBody(emitterFor(chunk, globals), parseChunk(source, chunk));
  } catch (fault) {
    if (fault instanceof SyntaxFault) return fault.message;
    // Nesting is bounded, but a deep script may call the compiler with little stack left.
    if (fault instanceof RangeError) return `${chunk.label}:1: chunk has too many syntax levels`;
    throw fault;
  }
}

function emitterFor(chunk: Chunk, globals: Globals): Emitter {
  return {
    chunk,
    globals,
    one: emitOne,
    all: emitAll,
    list: emitList,
    body: emitBody,
    block: emitBlock,
  };
}

/** What a call takes of JavaScript's stack beside the closures of the callee's body. */
const callStackUnits = 5;

function emitBody(emitter: Emitter, body: FunctionBody): Code {
  const { parameters, arg } = body;
  const deepest = body.body.reduce((depth, statement) => Math.max(depth, statement.depth), 0);
  return {
    body: emitBlock(emitter, body.body),
    parameterCount: parameters.length,
    isVararg: body.isVararg,
    argSlot: arg?.slot,
    capturedParameters: [...parameters, ...(arg === undefined ? [] : [arg])]
      .filter(({ captured }) => captured)
      .map(({ slot }) => slot),
    stackUnits: deepest + callStackUnits,
    start: { chunk: emitter.chunk, line: body.line, callee: undefined },
  };
}
