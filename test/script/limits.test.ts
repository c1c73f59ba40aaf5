import { describe, expect, it } from 'vitest';
import { compileScript } from '../../src/script/compile.ts';
import type { ScriptLimits, ScriptOutcome } from '../../src/script/host.ts';
import { runScript } from '../../src/script/run.ts';
import { MemoryHost } from './memory-host.ts';

const limits: ScriptLimits = { stepCountMax: 1_000_000, bytesMax: 4_000_000, depthMax: 190 };

/** Where memory is what a script is to use up. */
const manySteps: ScriptLimits = { ...limits, stepCountMax: 20_000_000 };

function run(source: string, within = limits): ScriptOutcome {
  const script = compileScript(source);
  if (script.kind === 'error') throw new Error(script.text);
  return runScript(script, {
    keys: [],
    argv: [],
    sha1: 'sha',
    host: new MemoryHost(),
    limits: within,
  });
}

it.each(['error({err = 1.5})', 'error(function() end)', 'error(1.5)'])(
  'an error for whose text no steps are left is an outcome like others: %s',
  (raising) => {
    const source = `for i = 1, 200 do end ${raising}`;
    const { stepCount } = run(source);
    for (let stepCountMax = stepCount - 200; stepCountMax <= stepCount; stepCountMax += 1) {
      const { reply, limited } = run(source, { ...limits, stepCountMax });
      expect(reply.kind).toBe('error');
      if (stepCountMax === stepCount) expect(limited).toBe(false);
    }
  },
);

describe('a script that uses too many steps is stopped', () => {
  it.each([
    'while true do end',
    'repeat until false',
    'for i = 1, 1e9 do end',
    'local function f() return f() end return f()',
    'local ok = pcall(function() while true do end end) return "caught"',
    'while true do pcall(function() while true do end end) end',
    'xpcall(function() while true do end end, function() return 1 end) return "caught"',
    'return string.find(("a"):rep(30), ("a?"):rep(30) .. ("a"):rep(30))',
    'return ("x"):rep(3e5):find(".-.-.-y")',
    'return ("x"):rep(1e5):gsub("x*y", "")',
    'while true do local s = ("x"):rep(1e5) end',
    'local s = ("x"):rep(1e5) while true do local b = s == s .. "" end',
    'local t = {} for i = 1, 1000 do t[i] = i end while true do table.sort(t) end',
    'local t = {} for i = 1, 1000 do t[i] = i end ' +
      'while true do table.insert(t, 1, 0) table.remove(t, 1) end',
    'table.insert({}, -1e9, 1)',
    'table.concat(setmetatable({}, {}), "", 1, 0) for i = 1, 1e7 do table.concat({1, 2, 3}) end',
    'local t = {} for i = 1, 1000 do t[i] = i end while true do for k in pairs(t) do end end',
    'while true do cjson.encode({1, 2, 3}) end',
    'while true do redis.call("ping") end',
    'while true do struct.pack("bbb", 1, 2, 3) end',
    'while true do struct.size(("b"):rep(1000)) end',
    'local s = ("x"):rep(1e5) while true do struct.unpack("c99999", s) end',
    'while true do cmsgpack.pack({1, 2, 3}) end',
    'local t = {} for i = 1, 16 do t = {t, t, t, t} end return #cmsgpack.pack(t)',
    'local s = ("\\1"):rep(7000) while true do cmsgpack.unpack(s) end',
    'local t = setmetatable({}, {__index = function(t, k) return k end}) while true do local ' +
      'x = t[1] end',
  ])('%s', (source) => {
    const outcome = run(source);
    expect(outcome.limited).toBe(true);
    expect(outcome.reply).toEqual({
      kind: 'error',
      text: 'ERR Script stopped: it used more than 1000000 steps',
    });
  });
});

describe('a script that holds too much memory is stopped', () => {
  it.each([
    'local s = "x" while true do s = s .. s end',
    'return ("x"):rep(1e8)',
    'return ("x"):rep(2147483647)',
    'local t = {} while true do t[#t + 1] = {} end',
    'local t = {} while true do t[#t + 1] = ("x"):rep(1000) end',
    'local t = {} for i = 1, 1e6 do t["k" .. i] = i end',
    'local t = {} for i = 1, 26 do t = {t, t} end return t',
    'return ("x"):rep(1e6):gsub("x", "yyyyyyyyyy")',
    'local s = ("x"):rep(1e6) return table.concat({s, s, s, s, s})',
    'local s = ("x"):rep(1e6) return string.format("%s%s%s%s%s", s, s, s, s, s)',
    'local function f(n) return ("x"):rep(1e5) == f(n - 1) end return f(1)',
    'local function f(n) return {("x"):rep(1e5), f(n - 1)} end return f(1)',
    'local f = {} while true do f[#f + 1] = loadstring("return 1, 2, 3, 4, 5, 6, 7, 8, 9") end',
    'local f = {} while true do local n = #f f[n + 1] = function() return n end end',
    'pcall(function() local s = "x" while true do s = s .. s end end) return "caught"',
    'local s = ("x"):rep(1e6) return struct.pack("sssss", s, s, s, s, s)',
    'local s = ("x"):rep(1e6) return cmsgpack.pack({s, s, s, s, s})',
    'return cmsgpack.unpack("\\220\\255\\255" .. ("\\144"):rep(65535))',
    'local s = "[" .. ("1,"):rep(2e5) .. "1]" local t = {} for i = 1, 100 do t[i] = ' +
      'cjson.decode(s) end',
  ])('%s', (source) => {
    const outcome = run(source, manySteps);
    expect(outcome.limited).toBe(true);
    expect(outcome.reply).toEqual({
      kind: 'error',
      text: 'ERR Script stopped: it held more than 4000000 bytes',
    });
  });

  it('but one that lets go of what it allocates goes on', () => {
    const outcome = run('local s for i = 1, 100 do s = ("x"):rep(1e5) .. i end return #s');
    expect(outcome).toMatchObject({ limited: false, reply: { kind: 'integer', value: 100_003 } });
  });

  it('but one that clears the table it fills goes on', () => {
    const source = `local t = {}
      for i = 1, 200 do t[i % 4] = {("x"):rep(1e5)} end
      return #t[1][1]`;
    expect(run(source)).toMatchObject({ limited: false, reply: { kind: 'integer', value: 1e5 } });
  });
});

/** `inner` wrapped `count` times. */
function wrapped(count: number, before: string, inner: string, after: string): string {
  return before.repeat(count) + inner + after.repeat(count);
}

/** A function that calls itself from `count` levels deep in its own code. */
function deep(count: number, before: string, after: string): string {
  return `local function f() return ${wrapped(count, before, 'f()', after)} end return f()`;
}

function deepStatements(count: number, before: string): string {
  return `local function f() ${wrapped(count, before, 'local x = f()', ' end')} end return f()`;
}

/** A table whose metamethod comes back to the table. */
function meta(event: string, handler: string, use: string): string {
  return `local t t = setmetatable({}, {${event} = ${handler}}) return ${use}`;
}

describe('calls that nest too deep end in an error of the script', () => {
  it.each([
    ['plain calls', 'local function f(n) return 1 + f(n) end return f(1)'],
    ['a deep sum', deep(80, '1 + (', ')')],
    ['deep tables', deep(150, '{', '}')],
    ['deep arguments', deep(150, 'tostring(1, 2, ', ')')],
    ['deep methods', deep(150, '("x"):rep(', ')')],
    ['deep branches', deepStatements(150, 'if true then KEYS[1] = 1 KEYS[1] = 2 ')],
    ['deep loops', deepStatements(30, 'for i in pairs({1}) do KEYS[1] = 1 KEYS[1] = 2 ')],
    ['__index', meta('__index', 'function(_, k) return t[k + 1] end', 't[1]')],
    ['__add', meta('__add', 'function(a, k) return (t + k) * 2 end', 't + 1')],
    ['__call', meta('__call', 'function(a, k) local x = t(k) return x end', 't(1)')],
    [
      '__tostring',
      meta('__tostring', 'function() local x = tostring(t) return x end', 'tostring(t)'),
    ],
    ['sort', 'local function f() table.sort({1, 2, 3}, function() f() return false end) end f()'],
    ['gsub', deep(1, '("x"):gsub("(x)", function() return ', ' end)')],
    ['foreach', 'local function f() table.foreach({1}, function() f() end) end f()'],
    [
      'loadstring',
      'local function f() return 1 + loadstring("return ...")(1) + f() end return f()',
    ],
  ])('%s', (_, source) => {
    const outcome = run(source);
    expect(outcome.limited).toBe(false);
    expect(outcome.reply).toMatchObject({
      kind: 'error',
      text: expect.stringContaining('stack overflow'),
    });
  });

  it('which pcall catches', () => {
    const source = 'local function f() return 1 + f() end return {pcall(f)}';
    expect(run(source).reply).toMatchObject({
      kind: 'array',
      items: [{ kind: 'null' }, { kind: 'bulk', value: 'user_script:1: stack overflow' }],
    });
  });

  it('and pcall within pcall unwinds', () => {
    expect(run('local function f() return pcall(f) end return f()').reply).toEqual({
      kind: 'integer',
      value: 1,
    });
  });

  it('while tail calls nest without end', () => {
    const source =
      'local function f(n) if n == 0 then return "end" end return f(n - 1) end return f(1e5)';
    expect(run(source).reply).toEqual({ kind: 'bulk', value: 'end' });
  });
});

describe('source that nests too deep is refused', () => {
  it.each([
    `return ${wrapped(10_000, '(', '1', ')')}`,
    `return ${wrapped(10_000, '{', '', '}')}`,
    `return ${'not '.repeat(10_000)}1`,
    `return ${'- '.repeat(10_000)}1`,
    `return ${'2 ^ '.repeat(10_000)}1`,
    `return ${'1 + '.repeat(10_000)}1`,
    `return ${'"a" .. '.repeat(10_000)}1`,
    `return KEYS${'.a'.repeat(10_000)}`,
    `return tostring${'()'.repeat(10_000)}`,
    wrapped(10_000, 'do ', '', ' end'),
    wrapped(10_000, 'return function() ', '', ' end'),
    wrapped(10_000, 'if true then ', '', ' end'),
    `local t = ${wrapped(10_000, '{[', '1', '] = 1}')}`,
  ])('%.40s', (source) => {
    expect(compileScript(source)).toEqual({
      kind: 'error',
      text:
        'ERR Error compiling script (new function): ' +
        'user_script:1: chunk has too many syntax levels',
    });
  });

  it('and so is one of very many tokens', () => {
    expect(compileScript(`return {${'1,'.repeat(200_000)}}`)).toEqual({
      kind: 'error',
      text: 'ERR Error compiling script (new function): user_script:1: chunk has too many tokens',
    });
    expect(compileScript(`return "${'1,'.repeat(200_000)}"`).kind).not.toBe('error');
  });

  it('but 5000 branches beside each other are not', () => {
    const source = `if false then ${'elseif false then '.repeat(5000)} end return 1`;
    expect(run(source).reply).toEqual({ kind: 'integer', value: 1 });
  });
});
