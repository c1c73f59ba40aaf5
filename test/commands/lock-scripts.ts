/**
 * Scripts by the shapes that lock libraries send, each with what it takes.
 */
export interface LockScript {
  readonly name: string;
  readonly keyCount: number;
  /** What each argument is drawn from. */
  readonly argv: readonly ('owner' | 'ttl' | 'any')[];
  readonly source: string;
}

export function script(
  name: string,
  keyCount: number,
  argv: LockScript['argv'],
  source: string,
): LockScript {
  return { name, keyCount, argv, source };
}

const release = [
  script(
    'release on one line',
    1,
    ['owner'],
    `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del',
      KEYS[1]) else return 0 end`,
  ),
  script(
    'release with double quotes and upper case',
    1,
    ['owner'],
    `if redis.call("GET",KEYS[1]) == ARGV[1]
      then
      return redis.call("DEL",KEYS[1])
      end
      return 0`,
  ),
  script(
    'release by unlink, true or false',
    1,
    ['owner'],
    `if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('unlink', KEYS[1])
      return true end return false`,
  ),
  script(
    'release with an alias of redis.call',
    1,
    ['owner'],
    `local rcall = redis.call; local held = rcall('GET', KEYS[1]); if held ==
      ARGV[1] then return rcall('DEL', KEYS[1]) end; return 0`,
  ),
  script(
    'release that tells apart missing and foreign',
    1,
    ['owner'],
    `local held = redis.call('GET', KEYS[1]); if held == ARGV[1] then return
      redis.call('DEL', KEYS[1]) elseif held == false then return -1 else return 0
      end`,
  ),
  script(
    'release that answers with a status or an error',
    1,
    ['owner'],
    `local held = redis.call('get', KEYS[1]) if held == ARGV[1] then
      redis.call('del', KEYS[1]) return redis.status_reply('OK') elseif not held
      then return redis.status_reply('OK') else return redis.error_reply('ERROR')
      end`,
  ),
  script(
    'release unless there is no owner or another one',
    1,
    ['owner'],
    `local token = redis.call('get', KEYS[1]) if not token or token ~= ARGV[1] then
      return 0 end redis.call('del', KEYS[1]) return 1`,
  ),
  script(
    'release and publish',
    1,
    ['owner'],
    `if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('del', KEYS[1])
      redis.call('publish', 'freed:' .. KEYS[1], '1') return 1 end return 0`,
  ),
  script(
    'release of many keys, counted',
    2,
    ['owner'],
    `local count = 0 for i, key in ipairs(KEYS) do if redis.call('get', key) ==
      ARGV[1] then count = count + redis.call('del', key) end end return count`,
  ),
  script(
    'release of many keys by pcall',
    2,
    ['owner'],
    `local count = 0 for i, key in ipairs(KEYS) do if redis.call('get', key) ==
      ARGV[1] then redis.pcall('del', key) count = count + 1 end end return count`,
  ),
  script(
    'release of all keys if all are held',
    2,
    ['owner'],
    `local held = redis.call('mget', unpack(KEYS)) for i, v in ipairs(held) do if v
      ~= ARGV[1] then return nil end end if #held == #KEYS then redis.call('del',
      unpack(KEYS)) return redis.status_reply('OK') end return nil`,
  ),
  script('release by getdel of whoever holds it', 1, [], "return redis.call('GETDEL', KEYS[1])"),
];

const extend = [
  script(
    'extend by pexpire',
    1,
    ['owner', 'ttl'],
    `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire',
      KEYS[1], ARGV[2]) else return 0 end`,
  ),
  script(
    'extend by expire with a computed number',
    1,
    ['owner', 'ttl'],
    `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('expire',
      KEYS[1], tonumber(ARGV[2]) / 10) end return 0`,
  ),
  script(
    'extend only to a later time',
    1,
    ['owner', 'ttl'],
    `if redis.call('get', KEYS[1]) == ARGV[1] then if redis.call('pexpire',
      KEYS[1], ARGV[2], 'GT') == 1 then return 1 end return
      redis.error_reply('NOT LOCKED') end return 0`,
  ),
  script(
    'extend by set xx',
    1,
    ['owner', 'ttl'],
    `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('SET',
      KEYS[1], ARGV[1], 'XX', 'PX', ARGV[2]) else return 0 end`,
  ),
  script(
    'extend by set with the owner and the time among the keys',
    3,
    [],
    `if redis.call('GET', KEYS[1]) == KEYS[2] then return redis.call('SET',
      KEYS[1], KEYS[2], 'PX', 5000000, 'XX') end return 0`,
  ),
  script(
    'extend by what is left and more',
    1,
    ['owner', 'ttl'],
    `if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end local left =
      redis.call('pttl', KEYS[1]) if left < 0 then left = 0 end
      redis.call('pexpire', KEYS[1], ARGV[2] + 0) return left >= 0 and 1 or 0`,
  ),
  script(
    'extend for ever',
    1,
    ['owner'],
    `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('persist',
      KEYS[1]) end return -1`,
  ),
  script(
    'extend many keys or none',
    2,
    ['owner', 'ttl'],
    `for i, key in ipairs(KEYS) do if redis.call('get', key) ~= ARGV[1] then return
      0 end end for i, key in ipairs(KEYS) do redis.call('set', key, ARGV[1], 'PX',
      ARGV[2]) end return #KEYS`,
  ),
  script(
    'extend and tell true',
    1,
    ['owner', 'ttl'],
    `local id = redis.call('GET', KEYS[1]) if id == ARGV[1] then
      redis.call('PEXPIRE', KEYS[1], ARGV[2]) return true end return false`,
  ),
  script(
    'extend many and list what happened',
    2,
    ['owner', 'ttl'],
    `local done = {} for i = 1, #KEYS do if redis.call('get', KEYS[i]) == ARGV[1]
      then done[i] = redis.call('pexpire', KEYS[i], ARGV[2]) else done[i] = 0 end
      end return done`,
  ),
];

const acquire = [
  script(
    'acquire by set nx px',
    1,
    ['owner', 'ttl'],
    "return redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])",
  ),
  script(
    'acquire or extend, true or false',
    1,
    ['owner', 'ttl'],
    `local id = redis.call('GET', KEYS[1]) if id == ARGV[1] then
      redis.call('PEXPIRE', KEYS[1], ARGV[2]) return true elseif not id then
      redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) return true end return
      false`,
  ),
  script(
    'acquire or extend, 1, 0 or -1',
    1,
    ['owner', 'ttl'],
    `local held = redis.call('get', KEYS[1])
      if (held == false) then
      return redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2]) and 1 or 0
      elseif (held == ARGV[1]) then
      return redis.call('pexpire', KEYS[1], ARGV[2])
      else
      return -1
      end`,
  ),
  script(
    'acquire again with set nx',
    1,
    ['owner', 'ttl'],
    `if redis.call('get', KEYS[1]) == ARGV[1] or redis.call('set', KEYS[1],
      ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 else return 0 end`,
  ),
  script(
    'acquire unless somebody else has it',
    1,
    ['owner', 'ttl', 'any'],
    `if (redis.call('exists', KEYS[1]) == 0 and ARGV[3] == 'yes') or
      redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('set', KEYS[1],
      ARGV[1], 'PX', ARGV[2]) end`,
  ),
  script(
    'acquire many or none',
    2,
    ['owner', 'ttl'],
    `for i, key in ipairs(KEYS) do if redis.call('exists', key) == 1 then return 0
      end end for i, key in ipairs(KEYS) do redis.call('set', key, ARGV[1], 'PX',
      ARGV[2]) end return #KEYS`,
  ),
  script(
    'acquire many after a select',
    2,
    ['owner', 'ttl'],
    `redis.pcall('SELECT', tonumber('3')) for i, key in ipairs(KEYS) do if
      redis.call('exists', key) == 1 then return 0 end end for i, key in
      ipairs(KEYS) do redis.call('set', key, ARGV[1], 'PX', ARGV[2]) end return
      #KEYS`,
  ),
  script(
    'acquire many by msetnx',
    2,
    ['owner', 'ttl'],
    `local pairs = {} for i, key in ipairs(KEYS) do pairs[2 * i - 1] = key pairs[2
      * i] = ARGV[1] end if redis.call('msetnx', unpack(pairs)) ~= 1 then return
      false end for i, key in ipairs(KEYS) do redis.call('pexpire', key, ARGV[2])
      end return redis.status_reply('OK')`,
  ),
  script(
    'acquire or say who holds it',
    1,
    ['owner', 'ttl'],
    `if redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return
      ARGV[1] end return redis.call('get', KEYS[1])`,
  ),
  script(
    'acquire by prefix of the owner',
    1,
    ['owner', 'ttl'],
    `if redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return
      redis.status_reply('OK') end local part = redis.call('getrange', KEYS[1], 0,
      1) if part == string.sub(ARGV[1], 1, 2) then return redis.call('set', KEYS[1],
      ARGV[1], 'PX', ARGV[2]) end`,
  ),
  script(
    'acquire a free slot of a pool',
    3,
    ['owner', 'ttl'],
    `for index, value in pairs(redis.call('mget', unpack(KEYS))) do if not value
      then redis.call('set', KEYS[index], ARGV[1], 'EX', ARGV[2]) return 'slot' ..
      index end end`,
  ),
  script(
    'acquire by setnx and expire',
    1,
    ['owner', 'ttl'],
    `if redis.call('setnx', KEYS[1], ARGV[1]) == 1 then redis.call('pexpire',
      KEYS[1], ARGV[2]) return 1 end return 0`,
  ),
  script(
    'acquire or fail with an error',
    1,
    ['owner', 'ttl'],
    `local held = redis.call('get', KEYS[1]) if not held or held == ARGV[1] then
      redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2]) return
      redis.status_reply('OK') end return redis.error_reply('ERROR')`,
  ),
  script(
    'reserve with a counter beside the lock',
    2,
    ['owner', 'ttl'],
    `if redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
      redis.call('del', KEYS[2]) return redis.call('incr', KEYS[2]) end return nil`,
  ),
];

const query = [
  script(
    'query owner and time',
    1,
    ['owner'],
    `if redis.call('get', KEYS[1]) == ARGV[1] then local t = redis.call('pttl',
      KEYS[1]) return {redis.call('get', KEYS[1]), t > 0} end return {false, false}`,
  ),
  script('query type', 1, [], "return redis.call('TYPE', KEYS[1]).ok"),
  script('query type as status', 1, [], "return redis.call('TYPE', KEYS[1])"),
  script('query many', 3, [], "return redis.call('mget', unpack(KEYS))"),
  script('query existence', 2, [], "return redis.call('exists', KEYS[1], KEYS[2], KEYS[1])"),
  script('query length', 1, [], "return {redis.call('strlen', KEYS[1]), #KEYS[1]}"),
  script('query in another protocol', 1, [], "redis.setresp(3) return redis.call('get', KEYS[1])"),
  script('query a missing ttl', 1, [], "return redis.call('ttl', KEYS[1]) < 0"),
  script('query the whole database', 0, [], "return #redis.call('keys', '*')"),
  script('query database size', 0, [], "return redis.call('dbsize')"),
];

export const lockScripts: readonly LockScript[] = [...release, ...extend, ...acquire, ...query];
