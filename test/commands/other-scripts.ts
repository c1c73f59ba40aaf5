import { type LockScript, script } from './lock-scripts.ts';

/** Scripts that go wrong in every way that a command in a script can. */
export const failingScripts: readonly LockScript[] = [
  script('an unknown command', 0, [], "return redis.call('nosuch', 1)"),
  script('an unknown subcommand', 0, [], "return redis.call('object', 'nosuch', 'a')"),
  script('too few arguments', 0, [], "return redis.call('get')"),
  script('too many arguments', 1, [], "return redis.call('get', KEYS[1], 'x')"),
  script('a script in a script', 0, [], "return redis.call('eval', 'return 1', 0)"),
  script('a loaded script in a script', 0, [], "return redis.call('script', 'load', 'return 1')"),
  script('a transaction in a script', 0, [], "return redis.call('multi')"),
  script('a subscription in a script', 0, [], "return redis.call('subscribe', 'c')"),
  script('a watch in a script', 1, [], "return redis.call('watch', KEYS[1])"),
  script(
    'a syntax error after a write, which stays',
    1,
    ['owner'],
    "redis.call('set', KEYS[1], ARGV[1]) return redis.call('set', KEYS[1], 'x', 'NX', 'XX')",
  ),
  script(
    'an error that is caught after a write',
    1,
    ['owner'],
    "redis.call('set', KEYS[1], ARGV[1]) local r = redis.pcall('incr', KEYS[1]) return r",
  ),
  script(
    'an error that is caught and looked at',
    1,
    [],
    `redis.call('set', KEYS[1], 'x') local r = redis.pcall('incrby', KEYS[1], 1)
      return {type(r), r.err}`,
  ),
  script(
    'an error of Lua after a write, which stays',
    1,
    ['owner'],
    `redis.call('set', KEYS[1], ARGV[1])
      local t = nil
      return t.x`,
  ),
  script(
    'an error that is raised after a write, which stays',
    1,
    ['owner'],
    "redis.call('append', KEYS[1], ARGV[1]) error('no more')",
  ),
  script('an invalid time', 1, ['owner'], "return redis.call('set', KEYS[1], ARGV[1], 'PX', 0)"),
  script('a fraction as a time', 1, [], "return redis.call('pexpire', KEYS[1], 1.5)"),
  script(
    'a number as a value',
    1,
    [],
    "redis.call('set', KEYS[1], 3.25) return redis.call('get', KEYS[1])",
  ),
  script(
    'a large number as a value',
    1,
    [],
    "redis.call('set', KEYS[1], 1795257603848) return redis.call('get', KEYS[1])",
  ),
  script('a table as an argument', 1, [], "return redis.call('set', KEYS[1], {})"),
  script('a database that is not there', 0, [], "return redis.call('select', 99)"),
  script('a database that is no number', 0, [], "return redis.call('select', 'x')"),
  script(
    'a time that overflows',
    1,
    ['owner'],
    "return redis.call('set', KEYS[1], ARGV[1], 'EX', '9223372036854775807')",
  ),
  script(
    'an integer that overflows',
    1,
    [],
    "redis.call('set', KEYS[1], '9223372036854775807') return redis.call('incr', KEYS[1])",
  ),
  script('text that is not Lua', 0, [], 'return return'),
  script('a global variable', 0, [], 'made = 1 return made'),
  script('no command at all', 0, [], 'return redis.call()'),
];

/** Scripts that do with commands what no lock does. */
export const otherScripts: readonly LockScript[] = [
  script('count up', 1, [], "return redis.call('incrby', KEYS[1], '41')"),
  script('count down', 1, [], "redis.call('set', KEYS[1], 5) return redis.call('decr', KEYS[1])"),
  script(
    'rename',
    2,
    [],
    `if redis.call('exists', KEYS[1]) == 1 then return redis.call('rename',
      KEYS[1], KEYS[2]) end return 0`,
  ),
  script('flush', 0, [], "redis.call('flushdb') return redis.call('dbsize')"),
  script(
    'flush and set again',
    1,
    ['owner'],
    "redis.call('flushall') redis.call('set', KEYS[1], ARGV[1]) return redis.call('dbsize')",
  ),
  script(
    'a database of its own',
    1,
    ['owner'],
    `redis.call('select', 5) redis.call('set', KEYS[1], ARGV[1])
      redis.call('select', '0') return redis.call('get', KEYS[1])`,
  ),
  script(
    'a key that is not declared',
    0,
    ['owner'],
    "redis.call('set', 'b', ARGV[1]) return redis.call('get', 'b')",
  ),
  script(
    'a command named by an argument',
    1,
    [],
    "local name = 'g' .. 'et' return redis.call(name, KEYS[1])",
  ),
  script(
    'a ping and an echo',
    0,
    ['any'],
    "return {redis.call('ping'), redis.call('echo', ARGV[1])}",
  ),
];
