import { argumentError, integerOr, intOr, textArgument } from './arguments.ts';
import type { Functions } from './library-table-builder.ts';
import type { Machine } from './machine.ts';
import { index, toText } from './operations.ts';
import { Matcher } from './pattern.ts';
import { searchText } from './search.ts';
import { LuaTable } from './table.ts';
import { isTrue, LuaFunction, type LuaValue, NOTHING, typeName } from './value.ts';

/** What a pattern takes of JavaScript's stack: its items nest up to `recursionMax` deep. */
const matcherStackUnits = 450;

/** `find`, `match`, `gmatch` and `gsub` (Lua 5.1 manual 5.4). */
export const findFunctions: Functions = {
  find: (machine, args) => find(machine, args, true),
  match: (machine, args) => find(machine, args, false),
  gmatch,
  gfind: gmatch,
  gsub,
};

/** Steps of a call, of one replacement by `gsub`, and of each byte of a template with captures. */
const callSteps = 4;
const replacementSteps = 6;
const templateByteSteps = 3;

const specials = /[\^$*+?.([%-]/;

function find(machine: Machine, args: LuaValue[], isFind: boolean): LuaValue[] {
  const source = textArgument(machine, args, 0);
  const pattern = textArgument(machine, args, 1);
  machine.stepBytes(pattern.length);
  const wanted = integerOr(machine, args, 2, 1);
  const start = clamp(wanted < 0 ? source.length + wanted : wanted - 1, 0, source.length);
  if (isFind && (isTrue(args[3]) || !hasSpecials(pattern))) {
    machine.step(callSteps);
    const at = searchText(machine, { text: source, needle: pattern, start });
    return at < 0 ? [undefined] : [at + 1, at + pattern.length];
  }
  const isAnchored = pattern.startsWith('^');
  const matcher = new Matcher(machine, source, pattern);
  machine.enter(matcherStackUnits);
  let found: LuaValue[] = [undefined];
  for (let at = start; at <= source.length; at += 1) {
    const end = matcher.matchAt(at, isAnchored ? 1 : 0);
    if (end >= 0) {
      const captures = isFind && matcher.captureCount === 0 ? [] : matcher.captures(at, end);
      found = isFind ? [at + 1, end, ...captures] : captures;
      break;
    }
    if (isAnchored) break;
  }
  machine.leave(matcherStackUnits);
  return found;
}

/** A NUL ends what C looks through for the characters that make a pattern. */
function hasSpecials(pattern: string): boolean {
  const end = pattern.indexOf('\0');
  return specials.test(end < 0 ? pattern : pattern.slice(0, end));
}

function gmatch(machine: Machine, args: LuaValue[]): LuaValue[] {
  const source = textArgument(machine, args, 0);
  const pattern = textArgument(machine, args, 1);
  let start = 0;
  const step = (running: Machine): LuaValue[] => {
    const matcher = new Matcher(running, source, pattern);
    running.enter(matcherStackUnits);
    let found: LuaValue[] = NOTHING;
    for (let at = start; at <= source.length; at += 1) {
      const end = matcher.matchAt(at, 0);
      if (end >= 0) {
        start = end === at ? end + 1 : end;
        found = matcher.captures(at, end);
        break;
      }
    }
    running.leave(matcherStackUnits);
    return found;
  };
  machine.allocate(source.length);
  return [new LuaFunction(step)];
}

function gsub(machine: Machine, args: LuaValue[]): LuaValue[] {
  const source = textArgument(machine, args, 0);
  const pattern = textArgument(machine, args, 1);
  const replacement = args[2];
  const isText = toText(machine, replacement) !== undefined;
  if (!isText && !(replacement instanceof LuaTable) && !(replacement instanceof LuaFunction)) {
    throw argumentError(machine, 2, 'string/function/table expected');
  }
  const countMax = intOr(machine, args, 3, source.length + 1);
  const isAnchored = pattern.startsWith('^');
  const matcher = new Matcher(machine, source, pattern);
  const parts: string[] = [];
  /** What comes before is in `parts`. */
  let copiedTo = 0;
  let at = 0;
  let count = 0;
  machine.enter(matcherStackUnits);
  while (count < countMax) {
    const end = matcher.matchAt(at, isAnchored ? 1 : 0);
    if (end >= 0) {
      count += 1;
      machine.step(replacementSteps);
      const text = machine.text(replaced({ machine, matcher, source, replacement, at, end }));
      parts.push(source.slice(copiedTo, at), text);
      copiedTo = end;
    }
    at = Math.max(at + 1, end);
    if (isAnchored || at > source.length) break;
  }
  machine.leave(matcherStackUnits);
  parts.push(source.slice(copiedTo));
  machine.stepBytes(source.length);
  return [machine.text(parts.join('')), count];
}

interface Match {
  readonly machine: Machine;
  readonly matcher: Matcher;
  readonly source: string;
  readonly replacement: LuaValue;
  readonly at: number;
  readonly end: number;
}

/** What stands for one match: the match itself if the replacement says nil or false. */
function replaced(match: Match): string {
  const { machine, matcher, source, replacement, at, end } = match;
  const template = toText(machine, replacement);
  if (template !== undefined) return expand(match, template);
  let value: LuaValue;
  if (replacement instanceof LuaFunction) {
    value = machine.callBack(replacement, matcher.captures(at, end))[0];
  } else {
    const key = matcher.capture(0, at, end);
    value = machine.asNative(() => index(machine, replacement, key, undefined));
  }
  if (!isTrue(value)) return source.slice(at, end);
  const text = toText(machine, value);
  if (text === undefined) {
    throw machine.errorHere(`invalid replacement value (a ${typeName(value)})`);
  }
  return text;
}

/** `%0` to `%9` in a template mean the match and its captures; `%` before others goes away. */
function expand({ machine, matcher, source, at, end }: Match, template: string): string {
  machine.stepBytes(template.length);
  if (!template.includes('%')) return template;
  machine.step(template.length * templateByteSteps);
  return template.replace(/%([\s\S]?)/g, (_, symbol: string) => {
    if (symbol === '0') return source.slice(at, end);
    if (symbol >= '1' && symbol <= '9')
      return `${toText(machine, matcher.capture(Number(symbol) - 1, at, end))}`;
    return symbol === '' ? '\0' : symbol;
  });
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
