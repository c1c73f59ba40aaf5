import type { KnownScript } from './known-scripts.ts';
import { acquireAll, extendAll, inDatabase, releaseAll } from './known-shapes.ts';

/**
 * Scripts for many locks at once, as Redlock libraries send them, to the byte: redlock and
 * @sesamecare-oss/redlock, both under the MIT license.
 */
export const redlockSources: readonly KnownScript[] = [
  {
    name: 'redlock 4.2.0: lock',
    sha1: 'e5a322e2634ef59a516e8ea150cb085afafee684',
    source: `
	-- Return 0 if an entry already exists.
	for i, key in ipairs(KEYS) do
		if redis.call("exists", key) == 1 then
			return 0
		end
	end

	-- Create an entry for each provided key.
	for i, key in ipairs(KEYS) do
		redis.call("set", key, ARGV[1], "PX", ARGV[2])
	end

	-- Return the number of entries added.
	return #KEYS
`,
    run: acquireAll,
  },
  {
    name: 'redlock 4.2.0: extend',
    sha1: 'ce46f80993d5dac20dd066eb301a4e37994bdbed',
    source: `
	-- Return 0 if an entry exists with a *different* lock value.
	for i, key in ipairs(KEYS) do
		if redis.call("get", key) ~= ARGV[1] then
			return 0
		end
	end

	-- Update the entry for each provided key.
	for i, key in ipairs(KEYS) do
		redis.call("set", key, ARGV[1], "PX", ARGV[2])
	end

	-- Return the number of entries updated.
	return #KEYS
`,
    run: extendAll,
  },
  {
    name: 'redlock 4.2.0: unlock',
    sha1: '0f0f23b9048b36752b5be114f357ba083449f908',
    source: `
	local count = 0
	for i, key in ipairs(KEYS) do
		-- Only remove entries for *this* lock value.
		if redis.call("get", key) == ARGV[1] then
			redis.pcall("del", key)
			count = count + 1
		end
	end

	-- Return the number of entries removed.
	return count
`,
    run: releaseAll,
  },
  {
    name: 'redlock 5.0.0-beta.2: acquire',
    sha1: '96da70f7716f27d278a5218544df37fd8b0a5e4c',
    source: `
  -- Return 0 if an entry already exists.
  for i, key in ipairs(KEYS) do
    if redis.call("exists", key) == 1 then
      return 0
    end
  end

  -- Create an entry for each provided key.
  for i, key in ipairs(KEYS) do
    redis.call("set", key, ARGV[1], "PX", ARGV[2])
  end

  -- Return the number of entries added.
  return #KEYS
`,
    run: acquireAll,
  },
  {
    name: 'redlock 5.0.0-beta.2: extend',
    sha1: 'aed6f382e410db8ba7926d4e5e9aab410bf2a78a',
    source: `
  -- Return 0 if an entry exists with a *different* lock value.
  for i, key in ipairs(KEYS) do
    if redis.call("get", key) ~= ARGV[1] then
      return 0
    end
  end

  -- Update the entry for each provided key.
  for i, key in ipairs(KEYS) do
    redis.call("set", key, ARGV[1], "PX", ARGV[2])
  end

  -- Return the number of entries updated.
  return #KEYS
`,
    run: extendAll,
  },
  {
    name: 'redlock 5.0.0-beta.2: release',
    sha1: 'e4612211c9f8f51c257e26e056b0a654b3187242',
    source: `
  local count = 0
  for i, key in ipairs(KEYS) do
    -- Only remove entries for *this* lock value.
    if redis.call("get", key) == ARGV[1] then
      redis.pcall("del", key)
      count = count + 1
    end
  end

  -- Return the number of entries removed.
  return count
`,
    run: releaseAll,
  },
  {
    name: '@sesamecare-oss/redlock 1.4.0: acquire',
    sha1: '1b77b94aa78451d55dfa97e18819bfbfc596cb5b',
    source: `
  
  -- Protected call to execute SELECT command if supported
  redis.pcall("SELECT", tonumber(ARGV[1]))


  -- Return 0 if an entry already exists.
  for i, key in ipairs(KEYS) do
    if redis.call("exists", key) == 1 then
      return 0
    end
  end

  -- Create an entry for each provided key.
  for i, key in ipairs(KEYS) do
    redis.call("set", key, ARGV[2], "PX", ARGV[3])
  end

  -- Return the number of entries added.
  return #KEYS
`,
    run: inDatabase(acquireAll),
  },
  {
    name: '@sesamecare-oss/redlock 1.4.0: extend',
    sha1: '820e9778d2b6733e9ed771e4be90ae73a95a6f3b',
    source: `
  
  -- Protected call to execute SELECT command if supported
  redis.pcall("SELECT", tonumber(ARGV[1]))


  -- Return 0 if an entry exists with a *different* lock value.
  for i, key in ipairs(KEYS) do
    if redis.call("get", key) ~= ARGV[2] then
      return 0
    end
  end

  -- Update the entry for each provided key.
  for i, key in ipairs(KEYS) do
    redis.call("set", key, ARGV[2], "PX", ARGV[3])
  end

  -- Return the number of entries updated.
  return #KEYS
`,
    run: inDatabase(extendAll),
  },
  {
    name: '@sesamecare-oss/redlock 1.4.0: release',
    sha1: 'df51f6837dcfe303d334e6abea9aeae192bab216',
    source: `
  
  -- Protected call to execute SELECT command if supported
  redis.pcall("SELECT", tonumber(ARGV[1]))


  local count = 0
  for i, key in ipairs(KEYS) do
    -- Only remove entries for *this* lock value.
    if redis.call("get", key) == ARGV[2] then
      redis.pcall("del", key)
      count = count + 1
    end
  end

  -- Return the number of entries removed.
  return count
`,
    run: inDatabase(releaseAll),
  },
];
