import type { ByteString } from '../base/byte-string.ts';
import { type ErrorReply, error } from '../resp/reply.ts';
import type { Code } from './code.ts';
import { compileChunk } from './compile-chunk.ts';
import { sharedGlobals } from './library.ts';
import { readShebang, type ScriptFlag } from './shebang.ts';
import { chunkOf } from './site.ts';

/** A script that can be run any number of times; it holds nothing of its runs. */
export interface CompiledScript {
  readonly kind: 'script';
  readonly code: Code;
  /** What its `#!lua flags=...` line says. */
  readonly flags: readonly ScriptFlag[];
  /** Whether it has such a line; without one Redis assumes that it may do anything. */
  readonly hasShebang: boolean;
}

/**
 * Compiles the text of a script.
 *
 * @returns the script, or the error with which Redis refuses a text that is not Lua 5.1
 */
export function compileScript(source: ByteString): CompiledScript | ErrorReply {
  const shebang = readShebang(source);
  if (shebang.kind === 'error') return shebang;
  const code = compileChunk(shebang.body, chunkOf('@user_script'), sharedGlobals);
  if (typeof code === 'string') {
    return error(`ERR Error compiling script (new function): ${code.replace(/[\r\n]/g, ' ')}`);
  }
  return { kind: 'script', code, flags: shebang.flags, hasShebang: shebang.isPresent };
}
