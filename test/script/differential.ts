import type { RawConnection } from '../../harness/raw-connection.ts';
import { compileScript } from '../../src/script/compile.ts';
import type { ScriptLimits } from '../../src/script/host.ts';
import { runScript } from '../../src/script/run.ts';
import { MemoryHost, sha1Hex } from './memory-host.ts';
import { replyBytes } from './reply-bytes.ts';

/** One script of the corpus; the integrator runs the same ones against the whole server. */
export interface ScriptCase {
  readonly script: string;
  readonly keys?: readonly string[];
  readonly argv?: readonly string[];
  /** Commands that prepare the keyspace, as SET. */
  readonly before?: readonly (readonly [key: string, value: string])[];
  /** The protocol of the client; 2 if not given. */
  readonly protocol?: 2 | 3;
}

export const testLimits: ScriptLimits = {
  stepCountMax: 20_000_000,
  bytesMax: 64 * 1024 * 1024,
  depthMax: 190,
};

/** The bytes that our interpreter answers, and the keyspace after it. */
export function ourAnswer(test: ScriptCase): { readonly bytes: string; readonly keys: string } {
  const host = new MemoryHost();
  for (const [key, value] of test.before ?? []) host.values.set(key, value);
  const compiled = compileScript(test.script);
  const reply =
    compiled.kind === 'error'
      ? compiled
      : runScript(compiled, {
          keys: test.keys ?? [],
          argv: test.argv ?? [],
          sha1: sha1Hex(test.script),
          host,
          limits: testLimits,
        }).reply;
  const names = [...host.values.keys()].sort();
  const keys = names.map((name) => `${name}=${host.values.get(name)}`);
  return { bytes: replyBytes(reply, test.protocol ?? 2), keys: keys.join('\n') };
}

/** Every key with its value, as `ourAnswer` lists them. */
const listKeys = `local names = redis.call('keys', '*')
table.sort(names)
local list = {}
for i, name in ipairs(names) do list[i] = name .. '=' .. redis.call('get', name) end
return table.concat(list, '\\n')`;

/** What a real server answers to the same script in the same state, and its keys afterwards. */
export async function redisAnswer(
  redis: RawConnection,
  test: ScriptCase,
): Promise<{ readonly bytes: string; readonly keys: string }> {
  const { script, keys = [], argv = [], before = [], protocol = 2 } = test;
  await redis.ask([
    ['HELLO', `${protocol}`],
    ['FLUSHALL'],
    ...before.map(([key, value]) => ['SET', key, value]),
  ]);
  const bytes = await redis.askOne('EVAL', script, `${keys.length}`, ...keys, ...argv);
  const listed = await redis.askOne('EVAL', listKeys, '0');
  return { bytes, keys: listed.slice(listed.indexOf('\r\n') + 2, -2) };
}
