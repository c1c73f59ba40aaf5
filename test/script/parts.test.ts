import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import type { Reply } from '../../src/resp/reply.ts';
import { compileScript } from '../../src/script/compile.ts';
import { runScript } from '../../src/script/run.ts';
import { MemoryHost } from './memory-host.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

function heldBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** Measures what is held when the script calls its first command. */
class MeasuringHost extends MemoryHost {
  bytes = 0;

  override call(args: readonly string[]): Reply {
    this.bytes = heldBytes();
    return super.call(args);
  }
}

const longBytes = 1_000_000;
const count = 64;

test.each([
  ['string.sub', 'long:sub(2, 21)'],
  ['string.sub in small steps', 'long:sub(1, -2):sub(1, -2):sub(2, 21)'],
  ['string.match', 'long:match("^%d+(" .. ("."):rep(20) .. ")")'],
  ['a match without captures', 'long:match("^" .. ("."):rep(20))'],
  ['cjson.decode', 'cjson.decode(\'["aaaaaaaaaaaaaaaaaaaa", "\' .. long .. \'"]\')[1]'],
  ['cmsgpack.unpack', 'cmsgpack.unpack_one(cmsgpack.pack("aaaaaaaaaaaaaaaaaaaa") .. long, 0)'],
  ['struct.unpack', 'struct.unpack("c20", long)'],
])('a short part of a long string does not keep the long one alive: %s', (_, part) => {
  const source = `
    local t = {}
    for i = 1, ${count} do
      local long = i .. ("x"):rep(${longBytes})
      local a, b = ${part}
      t[i] = type(a) == 'string' and a or b
    end
    redis.call('get', 'k')
    return #t[1] >= 20 and #t`;
  const script = compileScript(source);
  if (script.kind === 'error') throw new Error(script.text);
  const host = new MeasuringHost();
  const before = heldBytes();
  const { reply } = runScript(script, {
    keys: [],
    argv: [],
    sha1: 'sha',
    host,
    limits: { stepCountMax: 1e9, bytesMax: 64 * 1024 * 1024, depthMax: 190 },
  });
  expect(reply).toEqual({ kind: 'integer', value: count });
  expect(host.bytes - before).toBeLessThan((count * longBytes) / 4);
});
