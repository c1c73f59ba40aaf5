import type { ScriptCase } from '../differential.ts';
import { scriptsOf } from './scripts.ts';

/**
 * Scripts in the shapes that lock libraries send, in our own words: compare and delete, compare
 * and extend, acquire or take again, several keys at once, queries.
 */
export const lockScripts = scriptsOf(`
if redis.call("get", KEYS[1]) == ARGV[1] then
  return redis.call("del", KEYS[1])
else
  return 0
end
%%
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
%%
local rcall = redis.call
local held = rcall('get', KEYS[1]);
if held == ARGV[1] then
  return rcall('unlink', KEYS[1]);
end;
return 0;
%%
local val = redis.call("GET", KEYS[1])
if val == ARGV[1] then return redis.call("DEL", KEYS[1])
elseif val == false then return -1
else return 0 end
%%
local token = redis.call('get', KEYS[1])
if not token or token ~= ARGV[1] then return 0 end
redis.call('del', KEYS[1])
return 1
%%
if redis.call("get", KEYS[1]) == ARGV[1] then
  return redis.status_reply("OK")
end
return redis.error_reply("ERROR")
%%
if redis.call('get', KEYS[1]) == ARGV[1] then
  redis.call('del', KEYS[1])
  return true
end
return false
%%
if redis.call("get", KEYS[1]) == ARGV[1] then
  return redis.call("pexpire", KEYS[1], ARGV[2])
else
  return 0
end
%%
if redis.call("get", KEYS[1]) == ARGV[1] then
  redis.call("expire", KEYS[1], tonumber(ARGV[2]) / 1000)
  return 1
end
return redis.error_reply("NOT LOCKED")
%%
if redis.call("get", KEYS[1]) == ARGV[1] then
  if redis.call("set", KEYS[1], ARGV[1], "PX", ARGV[2], "XX") then return "OK" end
end
return 0
%%
local current = redis.call('get', KEYS[1])
if current == false then
  return redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2]) and 1 or 0
elseif current == ARGV[1] then
  return redis.call('pexpire', KEYS[1], ARGV[2])
else
  return -1
end
%%
if redis.call("exists", KEYS[1]) == 0 or redis.call("get", KEYS[1]) == ARGV[1] then
  return redis.call("set", KEYS[1], ARGV[1], "PX", ARGV[2])
end
%%
for i, key in ipairs(KEYS) do
  if redis.call("exists", key) == 1 then return 0 end
end
for i, key in ipairs(KEYS) do
  redis.call("set", key, ARGV[1], "PX", ARGV[2])
end
return #KEYS
%%
local count = 0
for i, key in ipairs(KEYS) do
  if redis.call("get", key) == ARGV[1] then count = count + redis.pcall("del", key) end
end
return count
%%
for i = 1, #KEYS do
  if redis.call("get", KEYS[i]) ~= ARGV[1] then return 0 end
end
for i = 1, #KEYS do redis.call("set", KEYS[i], ARGV[1], "PX", ARGV[2]) end
return #KEYS
%%
redis.replicate_commands()
local offset = tonumber(ARGV[1]:sub(-1)) or 3
if redis.call("getrange", KEYS[1], 0, offset) == string.sub(ARGV[1], 1, offset + 1) then
  return redis.status_reply("OK")
end
return nil
%%
local values = redis.call("mget", unpack(KEYS))
for i, _ in ipairs(KEYS) do
  if values[i] ~= ARGV[1] then return false end
end
redis.call("del", unpack(KEYS))
return redis.status_reply("OK")
%%
local all = {}
for i, key in ipairs(KEYS) do
  table.insert(all, key)
  table.insert(all, ARGV[1])
end
if redis.call("msetnx", unpack(all)) == 1 then return redis.status_reply("OK") end
return nil
%%
redis.pcall("SELECT", tonumber(ARGV[3]))
return { redis.call("get", KEYS[1]), type(redis.call("ttl", KEYS[1])) }
%%
local id = redis.call("get", KEYS[1])
return id and id .. ":" .. (ARGV[2] + 1000) or math.max(ARGV[2], "30000")
%%
local r = redis.call(ARGV[3] == "0" and "del" or "get", KEYS[1])
return type(r) == "number" and r or (r or "none")
`);

/** The keys are free, held by the caller, held by another, or held by different ones. */
const states = [
  [],
  [
    ['lock:{a}', 'owner-1'],
    ['lock:{a}:2', 'owner-1'],
  ],
  [
    ['lock:{a}', 'owner-2'],
    ['lock:{a}:2', 'owner-2'],
  ],
  [
    ['lock:{a}', 'owner-1'],
    ['lock:{a}:2', 'owner-2'],
  ],
] as const;

const argumentLists = [
  ['owner-1', '30000', '0'],
  ['owner-1', '0', '0'],
  ['owner-1', 'soon', '0'],
  ['owner-1', '1.5', 'x'],
  ['\0\xff\r\n', '99999', '0'],
  ['owner-1'],
] as const;

/** Every lock script in every state with every list of arguments. */
export const lockCases: readonly ScriptCase[] = lockScripts.flatMap((script) =>
  states.flatMap((before) =>
    argumentLists.map((argv) => ({ script, before, argv, keys: ['lock:{a}', 'lock:{a}:2'] })),
  ),
);
