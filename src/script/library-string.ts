import {
  argumentError,
  expectedError,
  intArgument,
  integerArgument,
  integerOr,
  textArgument,
} from './arguments.ts';
import { findFunctions } from './library-string-find.ts';
import { type Functions, sharedTable } from './library-table-builder.ts';
import { stringBytes } from './machine.ts';
import { formatText } from './string-format.ts';
import { LuaFunction, NOTHING } from './value.ts';

/** The functions on strings (Lua 5.1 manual 5.4), over bytes. */
const stringFunctions: Functions = {
  ...findFunctions,
  byte: (machine, args) => {
    const text = textArgument(machine, args, 0);
    const from = fromEnd(integerOr(machine, args, 1, 1), text.length);
    const to = fromEnd(integerOr(machine, args, 2, from), text.length);
    const first = Math.max(from, 1);
    const last = Math.min(to, text.length);
    if (last < first) return NOTHING;
    if (last - first >= stackSizeMax) throw machine.errorHere('string slice too long');
    machine.step(last - first);
    const codes: number[] = [];
    for (let at = first; at <= last; at += 1) codes.push(text.charCodeAt(at - 1));
    return codes;
  },
  char: (machine, args) => {
    const codes = args.map((_, at) => {
      const code = intArgument(machine, args, at);
      if (code < 0 || code > 255) throw argumentError(machine, at, 'invalid value');
      return code;
    });
    machine.step(codes.length * 2);
    return [machine.text(codes.map((code) => String.fromCharCode(code)).join(''))];
  },
  dump: (machine, args) => {
    if (!(args[0] instanceof LuaFunction)) throw expectedError(machine, args, 0, 'function');
    throw machine.errorHere('unable to dump given function');
  },
  format: (machine, args) => [formatText(machine, args)],
  len: (machine, args) => [textArgument(machine, args, 0).length],
  lower: (machine, args) => {
    const text = textArgument(machine, args, 0);
    machine.step(caseSteps + text.length);
    return [machine.text(text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()))];
  },
  rep: (machine, args) => {
    const text = textArgument(machine, args, 0);
    const count = intArgument(machine, args, 1);
    if (count <= 0 || text === '') return [''];
    // Counted before it is made: the product may be more than JavaScript can hold.
    machine.allocate(stringBytes + text.length * count);
    machine.stepBytes(text.length * count);
    return [text.repeat(count)];
  },
  reverse: (machine, args) => {
    const text = textArgument(machine, args, 0);
    machine.step(text.length * 2);
    return [machine.text([...text].reverse().join(''))];
  },
  sub: (machine, args) => {
    const text = textArgument(machine, args, 0);
    const from = fromEnd(integerArgument(machine, args, 1), text.length);
    const to = fromEnd(integerOr(machine, args, 2, -1), text.length);
    return [machine.part(text, Math.max(from, 1) - 1, Math.max(to, 0))];
  },
  upper: (machine, args) => {
    const text = textArgument(machine, args, 0);
    machine.step(caseSteps + text.length);
    return [machine.text(text.replace(/[a-z]+/g, (letters) => letters.toUpperCase()))];
  },
};

/** Steps of `lower` and `upper`, beside one for each byte. */
const caseSteps = 8;

/** Values that fit on the stack of Lua 5.1 at a time (luaconf.h, LUAI_MAXCSTACK). */
const stackSizeMax = 7_990;

/** A position counted from the end if it is negative; before the start becomes 0. */
function fromEnd(at: number, length: number): number {
  return at < 0 ? Math.max(0, at + length + 1) : at;
}

export const STRING_LIBRARY = sharedTable(stringFunctions);

/** The metatable of all strings, so that `s:len()` works. No script can change it. */
export const STRING_METATABLE = sharedTable({}, { __index: STRING_LIBRARY });
