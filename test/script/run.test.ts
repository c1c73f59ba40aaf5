import { describe, expect, it } from 'vitest';
import type { Reply } from '../../src/resp/reply.ts';
import { compileScript } from '../../src/script/compile.ts';
import { runScript } from '../../src/script/run.ts';
import { testLimits } from './differential.ts';
import { MemoryHost, sha1Hex } from './memory-host.ts';

function run(source: string, host = new MemoryHost()): Reply {
  const script = compileScript(source);
  if (script.kind === 'error') return script;
  const sha1 = sha1Hex(source);
  return runScript(script, { keys: ['k'], argv: ['v'], sha1, host, limits: testLimits }).reply;
}

function bulk(value: string): Reply {
  return { kind: 'bulk', value };
}

describe('a script is alone', () => {
  it.each([
    ['string.rep = nil', 'return type(string.rep)', 'function'],
    ['getmetatable("").__index = function() return "leaked" end', 'return ("x").y', undefined],
    ['getmetatable("").leak = 1', 'return getmetatable("").leak', undefined],
    ['rawset(redis, "leak", 1)', 'return redis.leak', undefined],
    ['rawset(_G, "leak", 1)', 'return rawget(_G, "leak")', undefined],
    ['table.insert(math, 1)', 'return math[1]', undefined],
    ['setmetatable(string, {__index = function() return 1 end})', 'return string.leak', undefined],
    ['table.sort(table)', 'return type(table.sort)', 'function'],
    ['KEYS.leak = 1', 'return KEYS.leak', undefined],
    ['cjson.new().leak = 1', 'return cjson.leak', undefined],
    ['for k in pairs(bit) do rawset(bit, k, 1) end', 'return type(bit.band)', 'function'],
  ])('%s changes nothing for the next', (first, second, expected) => {
    run(first);
    expect(run(second)).toEqual(expected === undefined ? { kind: 'null' } : bulk(expected));
  });

  it('each run begins the random sequence and the settings of cjson anew', () => {
    const source = `cjson.encode_number_precision(3)
      return math.random(1000000) .. cjson.encode(1 / 3)`;
    expect(run(source)).toEqual(run(source));
    expect(run('return cjson.encode(1 / 3)')).toEqual(bulk('0.33333333333333'));
  });

  it.each([
    'os',
    'io',
    'debug',
    'require',
    'print',
    'dofile',
    'loadfile',
    'module',
    'package',
    'setfenv',
    'getfenv',
    'newproxy',
    'coroutine',
    'process',
    'globalThis',
    'constructor',
    '__proto__',
    'toString',
  ])('%s does not exist', (name) => {
    const reply = run(`return ${name}`);
    expect(reply).toMatchObject({
      kind: 'error',
      text: expect.stringContaining(`nonexistent global variable '${name}'`),
    });
  });

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty', 'length'])(
    'no table has a field %s of its own',
    (name) => {
      const parts = ['({})', 'string', '_G.string', 'KEYS', '("x")', 'redis'].map((object) => {
        return `tostring(${object}.${name})`;
      });
      expect(run(`return table.concat({${parts.join(', ')}}, ",")`)).toEqual(
        bulk('nil,nil,nil,nil,nil,nil'),
      );
    },
  );
});

describe('a script reaches its host', () => {
  it('with the bytes of every argument', () => {
    const host = new MemoryHost();
    run('redis.call("SET", "\\0\\255", "a\\r\\nb")', host);
    expect([...host.values]).toEqual([['\0\xff', 'a\r\nb']]);
  });

  it('for its log, at most 1024 bytes a line', () => {
    const host = new MemoryHost();
    run('redis.log(redis.LOG_WARNING, "a", 5, {}, ("x"):rep(2000))', host);
    expect(host.logged).toEqual([[3, `a 5 ${'x'.repeat(1020)}`]]);
  });

  it('for the protocol it asks for', () => {
    const host = new MemoryHost();
    expect(run('redis.setresp(3) return redis.call("get", "none") == nil', host)).toEqual({
      kind: 'boolean',
      value: true,
    });
    expect(host.protocol).toBe(3);
  });

  it('and keeps what it wrote before it failed', () => {
    const host = new MemoryHost();
    expect(run('redis.call("set", "k", "v") error("late")', host).kind).toBe('error');
    expect(host.values.get('k')).toBe('v');
  });

  it.each<[string, Reply, 2 | 3, string]>([
    ['a map', { kind: 'map', entries: [[bulk('a'), bulk('b')]] }, 2, 'a,b'],
    ['a map', { kind: 'map', entries: [[bulk('a'), bulk('b')]] }, 3, 'map:b'],
    ['a set', { kind: 'set', items: [bulk('a')] }, 2, 'a'],
    ['a set', { kind: 'set', items: [bulk('a')] }, 3, 'set:true'],
    ['a double', { kind: 'double', value: 1.5 }, 2, 'string 1.5'],
    ['a double', { kind: 'double', value: 1.5 }, 3, 'double:1.5'],
    ['a boolean', { kind: 'boolean', value: true }, 2, 'number 1'],
    ['a boolean', { kind: 'boolean', value: true }, 3, 'boolean true'],
    ['null', { kind: 'null' }, 2, 'boolean false'],
    ['null', { kind: 'null' }, 3, 'nil nil'],
    ['a null array', { kind: 'null-array' }, 2, 'boolean false'],
    ['a big number', { kind: 'big-number', digits: '123' }, 2, 'string 123'],
    ['a big number', { kind: 'big-number', digits: '123' }, 3, 'big_number:123'],
    ['a text', { kind: 'verbatim', format: 'txt', value: 'x' }, 2, 'string x'],
    ['a text', { kind: 'verbatim', format: 'txt', value: 'x' }, 3, 'verbatim_string:txtx'],
    ['a status', { kind: 'simple', text: 'OK' }, 2, 'ok:OK'],
    ['an integer', { kind: 'integer', value: 2n ** 62n }, 2, 'number 4.6116860184274e+18'],
  ])('%s comes as Lua sees it', (_, reply, protocol, expected) => {
    const host = new MemoryHost();
    host.call = () => reply;
    const source = `redis.setresp(${protocol})
      local r = redis.call("x")
      if type(r) ~= "table" then return type(r) .. " " .. tostring(r) end
      if r.map then return "map:" .. r.map.a end
      if r.set then return "set:" .. tostring(r.set.a) end
      local v = r.verbatim_string
      if v then return "verbatim_string:" .. v.format .. v.string end
      for _, name in ipairs({"ok", "double", "big_number"}) do
        if r[name] then return name .. ":" .. r[name] end
      end
      return table.concat(r, ",")`;
    expect(run(source, host)).toEqual(bulk(expected));
  });
});

describe('the first line of a script', () => {
  it('gives its flags', () => {
    expect(compileScript('#!lua flags=no-writes,allow-stale\nreturn 1')).toMatchObject({
      kind: 'script',
      hasShebang: true,
      flags: ['no-writes', 'allow-stale'],
    });
    expect(compileScript('return 1')).toMatchObject({ hasShebang: false, flags: [] });
  });

  it('counts as a line', () => {
    expect(run('#!lua\nerror("x")')).toMatchObject({
      text: expect.stringContaining('user_script:2: x'),
    });
  });

  it.each([
    ['#!lua', 'ERR Invalid script shebang'],
    ['#!python\n', 'ERR Unexpected engine in script shebang: #!python'],
    ['#!lua name=x\n', 'ERR Unknown lua shebang option: name=x'],
    ['#!lua flags=wrong\n', 'ERR Unexpected flag in script shebang: wrong'],
  ])('%j is refused', (source, text) => {
    expect(compileScript(source)).toEqual({ kind: 'error', text });
  });
});

describe('a number that is an argument of a command', () => {
  it.each([
    ['1e15', '1000000000000000'],
    ['1e17', '1e+17'],
    ['2^53', '9007199254740992'],
    ['0.1', '0.10000000000000001'],
    ['-0.5', '-0.5'],
    ['3.0', '3'],
    ['1/0', 'inf'],
    ['-2^63', '-9.2233720368547758e+18'],
    ['-3', '-3'],
  ])('%s is written %s', (number, text) => {
    expect(run(`return redis.call("echo", ${number})`)).toEqual(bulk(text));
  });
});
