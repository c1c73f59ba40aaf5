import { functionArgument, textArgument, textOr } from './arguments.ts';
import { compileChunk } from './compile-chunk.ts';
import { LuaError } from './errors.ts';
import type { Functions } from './library-table-builder.ts';
import type { Machine } from './machine.ts';
import { toText } from './operations.ts';
import { chunkOf } from './site.ts';
import { LuaTable } from './table.ts';
import { LuaFunction, type LuaValue, typeName } from './value.ts';

/** `load` and `loadstring`, for source only: bytecode does not exist here. */
export const loadFunctions: Functions = {
  loadstring: (machine, args) => {
    const source = textArgument(machine, args, 0);
    return compiled(machine, source, textOr(machine, args, 1, source));
  },
  load: (machine, args) => {
    const reader = functionArgument(machine, args, 0);
    const chunkName = textOr(machine, args, 1, '=(load)');
    const mark = machine.mark();
    let source = '';
    try {
      for (;;) {
        const [piece] = machine.callBack(reader, []);
        const text = toText(machine, piece);
        if (text === '' || piece === undefined) break;
        if (text === undefined) throw machine.errorHere('reader function must return a string');
        machine.allocate(text.length);
        source += text;
      }
    } catch (thrown) {
      if (!(thrown instanceof LuaError)) throw thrown;
      const value = handledError(machine, thrown.value);
      machine.restore(mark);
      return [undefined, value];
    }
    return compiled(machine, source, chunkName);
  },
};

/**
 * An error of the reader has been through Redis' error handler when `load` returns it: the
 * handler stays in force while Lua parses (ldo.c, luaD_protectedparser).
 */
function handledError(machine: Machine, value: LuaValue): LuaValue {
  const site = machine.frame?.site;
  const text = toText(machine, value);
  const table = value instanceof LuaTable ? value : new LuaTable();
  if (table !== value) table.set('err', machine.text(`ERR ${text ?? typeName(value)}`));
  table.set('source', site?.chunk.source);
  table.set('line', site?.line);
  return table;
}

/** What the parser and the compiler take of JavaScript's stack at their deepest nesting. */
const compilerStackUnits = 1_400;

/** Steps of compiling anything at all, and of each byte of source. */
const compileSteps = 200;
const compiledByteSteps = 60;

/** Bytes of closures that one byte of source becomes, about. */
const compiledBytesPerByte = 32;

function compiled(machine: Machine, source: string, chunkName: string): LuaValue[] {
  const chunk = chunkOf(chunkName);
  if (source.startsWith('\x1b'))
    return [undefined, `${chunk.label}: bad header in precompiled chunk`];
  machine.stepBytes(chunkName.length);
  machine.step(compileSteps + source.length * compiledByteSteps);
  // Code is not followed when memory is counted, so it counts as held until the end.
  machine.retain(source.length * compiledBytesPerByte);
  machine.enter(compilerStackUnits);
  const code = compileChunk(source, chunk, machine.environment.globals);
  machine.leave(compilerStackUnits);
  if (typeof code === 'string') return [undefined, machine.text(code)];
  return [new LuaFunction(undefined, code)];
}
