import type { KnownScript } from './known-scripts.ts';
import { compareAndDelete, compareAndPexpire, compareAndSetByKeys } from './known-shapes.ts';

/**
 * Scripts for one lock. Clients name them by the SHA-1 of their text, so every blank and every
 * comment is as it is sent: the spellings of redis.io (commands/set, "Patterns";
 * docs/latest/develop/clients/patterns/distributed-locks) and of those who shorten them, and the
 * texts of the libraries that are named, all under the MIT license.
 */
export const popularSources: readonly KnownScript[] = [
  {
    name: 'redis.io SET',
    sha1: 'bd75051e9049411d4a96c0df196ac2667d38f481',
    source: `if redis.call("get",KEYS[1]) == ARGV[1]
then
    return redis.call("del",KEYS[1])
else
    return 0
end`,
    run: compareAndDelete,
  },
  {
    name: 'redis.io distributed locks, Laravel',
    sha1: '647c65a442733a1aa440f99908d249d13b4d6c4a',
    source: `if redis.call("get",KEYS[1]) == ARGV[1] then
    return redis.call("del",KEYS[1])
else
    return 0
end`,
    run: compareAndDelete,
  },
  {
    name: 'one line: release',
    sha1: 'b70c2384248f88e6b75b9f89241a180f856ad852',
    source:
      'if redis.call("get",KEYS[1]) == ARGV[1] then ' +
      'return redis.call("del",KEYS[1]) else return 0 end',
    run: compareAndDelete,
  },
  {
    name: 'one line, blanks: release',
    sha1: 'cf0e94b2e9ffc7e04395cf88f7583fc309985910',
    source:
      'if redis.call("get", KEYS[1]) == ARGV[1] then ' +
      'return redis.call("del", KEYS[1]) else return 0 end',
    run: compareAndDelete,
  },
  {
    name: 'one line, single quotes: release',
    sha1: 'e9f69f2beb755be68b5e456ee2ce9aadfbc4ebf4',
    source:
      "if redis.call('get', KEYS[1]) == ARGV[1] then " +
      "return redis.call('del', KEYS[1]) else return 0 end",
    run: compareAndDelete,
  },
  {
    name: 'one line, upper case: release',
    sha1: '013976d92eab7585a652ddbf0f4ae3746f38b191',
    source:
      'if redis.call("GET", KEYS[1]) == ARGV[1] then ' +
      'return redis.call("DEL", KEYS[1]) else return 0 end',
    run: compareAndDelete,
  },
  {
    name: 'one line: extend',
    sha1: '36e94d1c6e02fcefaa7ee5d79eee614dbac55f10',
    source:
      'if redis.call("get",KEYS[1]) == ARGV[1] then ' +
      'return redis.call("pexpire",KEYS[1],ARGV[2]) else return 0 end',
    run: compareAndPexpire,
  },
  {
    name: 'one line, blanks: extend',
    sha1: 'a7aba3bc5d6e99b3003da8b9d80a63b9f4092ecf',
    source:
      'if redis.call("get", KEYS[1]) == ARGV[1] then ' +
      'return redis.call("pexpire", KEYS[1], ARGV[2]) else return 0 end',
    run: compareAndPexpire,
  },
  {
    name: 'one line, single quotes: extend',
    sha1: '9136fcf51831e5cf49f109b6e9c97d5b675280d6',
    source:
      "if redis.call('get', KEYS[1]) == ARGV[1] then " +
      "return redis.call('pexpire', KEYS[1], ARGV[2]) else return 0 end",
    run: compareAndPexpire,
  },
  {
    name: 'one line, upper case: extend',
    sha1: 'c50343e01dd9310b37fcced0dccd5ac1eecff492',
    source:
      'if redis.call("GET", KEYS[1]) == ARGV[1] then ' +
      'return redis.call("PEXPIRE", KEYS[1], ARGV[2]) else return 0 end',
    run: compareAndPexpire,
  },
  {
    name: 'redis-semaphore 5.8.0: release of a mutex',
    sha1: '7157921a7cc7cfba979acf6d63f073151df17d12',
    source: `
  local key = KEYS[1]
  local identifier = ARGV[1]

  if redis.call('get', key) == identifier then
    return redis.call('del', key)
  end

  return 0
  `,
    run: compareAndDelete,
  },
  {
    name: 'redis-semaphore 5.8.0: refresh of a mutex',
    sha1: '594683e49a64ebaf975caf5f8079a1d097c438f1',
    source: `
  local key = KEYS[1]
  local identifier = ARGV[1]
  local lockTimeout = ARGV[2]

  local value = redis.call('get', key)

  if value == identifier then
    redis.call('pexpire', key, lockTimeout)
    return 1
  end

  return 0
  `,
    run: compareAndPexpire,
  },
  {
    name: 'redlock-universal 0.8.5: release',
    sha1: 'fd83166fb3d7235e3ace652b700c9e217c1adc1f',
    source: `if redis.call("GET", KEYS[1]) == ARGV[1] then
    return redis.call("DEL", KEYS[1])
  else
    return 0
  end`,
    run: compareAndDelete,
  },
  {
    name: 'redlock-universal 0.8.5: extend',
    sha1: 'e218d686a8f90368e5cd45074f06ce766cad9987',
    source: `if redis.call("GET", KEYS[1]) == ARGV[1] then
    return redis.call("PEXPIRE", KEYS[1], ARGV[2])
  else
    return 0
  end`,
    run: compareAndPexpire,
  },
  {
    name: 'node-redis-warlock 1.0.2: parityDel',
    sha1: '5cc368fb92acd8fee3a986dc8e971d6cf28c3b44',
    source: `--
-- Delete a key if content is equal
--
-- KEYS[1]   - key
-- ARGV[1]   - content
local key     = KEYS[1]
local content = ARGV[1]

local value = redis.call('get', key)

if value == content then
  return redis.call('del', key);
end

return 0
`,
    run: compareAndDelete,
  },
  {
    name: 'node-redis-warlock 1.0.2: parityRelock',
    sha1: '78d3bb55c589f1b2edf66f3527f5017f8dfcd6bb',
    source: `--
-- Extend the key if content is equal
-- This will extend the lock on the
--
-- KEYS[1]   - key
-- KEYS[2]   - content
-- KEYS[3]   - lock id
local key = KEYS[1]
local ttl = KEYS[2]
local id  = KEYS[3]

local value = redis.call('GET', key)

if value == id then
  return redis.call('SET', key, id, 'PX', ttl, 'XX');
else
  return 0
end`,
    run: compareAndSetByKeys,
  },
  {
    name: '@microfleet/ioredis-lock 6.0.1: delifequal',
    sha1: 'da225123b2af4a41136fdba7ffac1e045e344da1',
    source: `
if redis.call("GET", KEYS[1]) == ARGV[1] then
  return redis.call("DEL", KEYS[1])
end
return 0`,
    run: compareAndDelete,
  },
  {
    name: '@microfleet/ioredis-lock 6.0.1: pexpireifequal',
    sha1: 'bf3108245472c550b02852e1e425128e5eb399c4',
    source: `
if redis.call("GET", KEYS[1]) == ARGV[1] then
  return redis.call("PEXPIRE", KEYS[1], ARGV[2])
end
return 0
`,
    run: compareAndPexpire,
  },
  {
    name: 'redis-py 4.3.4 Lock: release',
    sha1: 'c3f8721cbb97f72bc19e972846bd7aaf91901658',
    source: `
        local token = redis.call('get', KEYS[1])
        if not token or token ~= ARGV[1] then
            return 0
        end
        redis.call('del', KEYS[1])
        return 1
    `,
    run: compareAndDelete,
  },
  {
    name: 'redis-py 4.3.4 Lock: reacquire',
    sha1: '1cac51482acf5858da00f6d685d68f886cd6b6b2',
    source: `
        local token = redis.call('get', KEYS[1])
        if not token or token ~= ARGV[1] then
            return 0
        end
        redis.call('pexpire', KEYS[1], ARGV[2])
        return 1
    `,
    run: compareAndPexpire,
  },
];
