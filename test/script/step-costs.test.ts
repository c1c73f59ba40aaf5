import { describe, expect, it } from 'vitest';
import { compileScript } from '../../src/script/compile.ts';
import type { ScriptLimits } from '../../src/script/host.ts';
import { runScript } from '../../src/script/run.ts';
import { MemoryHost } from './memory-host.ts';

/*
 * What takes long counts as many steps. The times behind the numbers were measured once; here it
 * is the steps that are checked, so that no machine is too slow for the test.
 */

const limits: ScriptLimits = {
  stepCountMax: 5_000_000,
  bytesMax: 64 * 1024 * 1024,
  depthMax: 190,
};

const text = 'local s = ("x"):rep(100000) ';
const numbers = 'local t = {} for k = 1, 1000 do t[k] = k + 0.5 end ';
const words = 'local t = {} for k = 1, 1000 do t[k] = "x" end ';
const json = 'local s = "[" .. ("1,"):rep(10000) .. "1]" ';
const spaces = 'local s = (" "):rep(100000) .. "1" ';
const many = 'local t = {} for k = 1, 7000 do t[k] = 65 end ';

const sum = ' + a'.repeat(90);
const full = 'local t = {} for k = 1, 1023 do t["k" .. k] = 1 end local n = 0';

/** A script, what it repeats, and how many steps one turn takes at least. */
const costs: readonly (readonly [before: string, body: string, leastSteps: number])[] = [
  ['local a = 1', 'a = a * 2 + 1 '.repeat(100), 150],
  ['local a = 1', `local b = a${sum}`, 40],
  ['local a = 1', `while a${sum} < 0 do end`, 40],
  ['local a = 1', `repeat until a${sum} > 0`, 40],
  ['local a = 1', `if a${sum} < 0 then end`, 40],
  ['local a, b, c, d = 1, 2, 3, 4', 'a, b, c, d = d, c, b, a', 5],
  [full, 'n = n + 1 t["x" .. n] = 1 t["x" .. n] = nil', 4_000],
  ['local t = setmetatable({}, {__index = function() end})', 'local x = t.a', 7],
  ['local s = ("x"):rep(1000)', 's:gsub("y", "z")', 2_000],
  [
    'local t = {} for k = 1, 6400 do t[k] = k end for k = 1, 6399 do t[k] = nil end',
    'next(t)',
    200,
  ],
  [`local a = 1 local f = function() local b = a${sum} end`, 'f()', 40],
  [text, 'redis.status_reply(s)', 1_000],
  ['', 'redis.log(2, "x")', 500],
  ['local s = ("x"):rep(1000)', 'redis.log(2, s)', 1_500],
  ['', 'string.format("%99.99f", 1e300)', 300],
  ['', 'string.format("%.99g", 1e-300)', 300],
  ['', 'string.format("%d", 15)', 15],
  ['local s = ("%"):rep(1000)', 'string.format(s)', 500],
  [text, 'string.format("%.99s", s)', 1_000],
  ['', 'pcall(error, "x")', 100],
  ['', 'xpcall(error, function() end)', 100],
  [
    'local function f(n) if n == 0 then error("x") end return 1 + f(n - 1) end',
    'pcall(f, 50)',
    5_000,
  ],
  ['local function f(n) return 1 + f(n - 1) end', 'pcall(f, 1)', 15_000],
  ['local f f = function() pcall(f) pcall(f) end', 'f()', 5_000_000],
  [json, 'pcall(cjson.decode, s)', 150_000],
  [spaces, 'cjson.decode(s)', 25_000],
  [`${text} s = '"' .. s`, 'pcall(cjson.decode, s)', 20_000],
  ['', 'cjson.encode({1, 2, 3})', 100],
  ['', 'cjson.encode(1.5)', 100],
  ['local s = ("\\1"):rep(10000)', 'cjson.encode(s)', 50_000],
  ['', 'cmsgpack.pack({1, 2, 3})', 100],
  [`${many} local s = cmsgpack.pack(t)`, 'cmsgpack.unpack(s)', 7_000],
  ['', 'struct.pack("llll", 1, 2, 3, 4)', 100],
  ['local s = ("x"):rep(800) local f = ("l"):rep(100)', 'struct.unpack(f, s)', 4_000],
  [text, 'pcall(struct.unpack, "s", s)', 1_000],
  ['local s = "c" .. ("0"):rep(10000)', 'struct.pack(s, "x")', 10_000],
  [words, 'table.concat(t)', 4_000],
  [numbers, 'table.concat(t)', 100_000],
  [words, 'table.sort(t)', 30_000],
  [text, 'local x = (s .. "y"):byte(5)', 1_500],
  [text, 'local x = s:find("y", 1, true)', 10_000],
  [`${text} local p = s:sub(1, 500) .. "y"`, 'local x = s:find(p, 1, true)', 20_000],
  [text, 's:lower()', 100_000],
  [text, 's:reverse()', 100_000],
  ['local s = ("x"):rep(10) local r = ("%0"):rep(1000)', 's:gsub("x", r)', 10_000],
  ['local p = "[" .. ("a"):rep(1000) .. "]" local s = ("x"):rep(100)', 's:find(p)', 20_000],
  ['local s = ("0"):rep(100000) .. "1"', 'local x = s + 1', 10_000],
  ['', 'local x = 1.5 .. ""', 80],
  ['local t = {} for k = 1, 98 do t = setmetatable({}, {__index = t}) end', 'local x = t.a', 150],
  [
    `${many} local function f(...) for k = 1, 100 do select(2, ...) end end`,
    'f(unpack(t))',
    300_000,
  ],
  [`${many} local function f(...) for k = 1, 100 do bit.bor(...) end end`, 'f(unpack(t))', 500_000],
  ['', 'loadstring("return 1")', 500],
  ['', 'redis.sha1hex("")', 80],
  [text, 'redis.sha1hex(s)', 6_000],
  ['', 'pcall(redis.acl_check_cmd, "set", "a", "b")', 500],
];

describe('a script is stopped after few turns of', () => {
  it.each(costs)('%s %s', (before, body, leastSteps) => {
    const host = new MemoryHost();
    const turns = limits.stepCountMax / leastSteps;
    const script = compileScript(`${before} for i = 1, ${turns + 2} do ${body} end return "ended"`);
    if (script.kind === 'error') throw new Error(script.text);
    const outcome = runScript(script, { keys: [], argv: [], sha1: 'sha', host, limits });
    expect(outcome.reply).toMatchObject({
      kind: 'error',
      text: 'ERR Script stopped: it used more than 5000000 steps',
    });
  });

  it('while plain loops and calls go on', () => {
    const source =
      'local n = 0 local f = function() n = n + 1 end for i = 1, 5e5 do f() end return n';
    const script = compileScript(source);
    if (script.kind === 'error') throw new Error(script.text);
    const host = new MemoryHost();
    const outcome = runScript(script, { keys: [], argv: [], sha1: 'sha', host, limits });
    expect(outcome.reply).toEqual({ kind: 'integer', value: 5e5 });
  });
});

describe('plain find of a long text', () => {
  it.each([
    ['("a"):rep(99) .. "b"', '(("a"):rep(99) .. "b"):rep(3)', 1, 100],
    ['("a"):rep(99) .. "b"', '("a"):rep(500) .. "b"', 402, 501],
    ['("ab"):rep(50)', '"b" .. ("ab"):rep(49) .. "b" .. ("ab"):rep(50)', 101, 200],
    ['("aab"):rep(40)', '("aab"):rep(39) .. "aa" .. ("aab"):rep(40)', 120, 239],
  ])('finds %s in %s', (needle, source, from, to) => {
    const script = compileScript(`return {string.find(${source}, ${needle}, 1, true)}`);
    if (script.kind === 'error') throw new Error(script.text);
    const host = new MemoryHost();
    const outcome = runScript(script, { keys: [], argv: [], sha1: 'sha', host, limits });
    const items = [from, to].map((value) => ({ kind: 'integer', value }));
    expect(outcome.reply).toEqual({ kind: 'array', items });
  });

  it('agrees with the search by pattern', () => {
    const source = `
      for i = 0, 200 do
        local s = ""
        for k = 1, 300 do
          s = s .. (redis.sha1hex(i .. ":" .. k):sub(1, 1) < "8" and "a" or "b")
        end
        local from = i % 200 + 1
        local p = s:sub(from, from + 70)
        local x = s:find(p, 1, true)
        if x ~= s:find(p:gsub("b$", "[b]"):gsub("a$", "[a]"), 1) then return i end
        if s:find(p .. "c", 1, true) then return i end
      end
      return "same"`;
    const script = compileScript(source);
    if (script.kind === 'error') throw new Error(script.text);
    const host = new MemoryHost();
    const within = { ...limits, stepCountMax: 50_000_000 };
    const outcome = runScript(script, { keys: [], argv: [], sha1: 'sha', host, limits: within });
    expect(outcome.reply).toEqual({ kind: 'bulk', value: 'same' });
  });
});
