import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawConnection } from '../../harness/raw-connection.ts';
import { redisIsMissing, type ServerProcess, startServer } from '../../harness/server-process.ts';
import { Prng } from '../../src/base/prng.ts';
import { seedOf } from '../seed.ts';
import { messagePackScripts } from './corpus/message-pack.ts';
import { structScripts } from './corpus/struct.ts';
import { ourAnswer, redisAnswer } from './differential.ts';
import { messagePackScript, structScript } from './generate-binary.ts';

if (redisIsMissing)
  console.log('skipped: struct and cmsgpack are not compared, there is no redis-server');

const seed = seedOf(30_000);
const count = Number(process.env.FENCEPOST_SCRIPT_COUNT ?? 3_000);

describe.skipIf(redisIsMissing)('struct and cmsgpack give the bytes that Redis gives', () => {
  let server: ServerProcess;
  let redis: RawConnection;

  async function start(): Promise<void> {
    server = await startServer({ kind: 'redis' });
    redis = await RawConnection.open(server.port);
  }

  beforeAll(start);
  afterAll(async () => {
    redis.close();
    await server.stop();
  });

  async function compare(script: string, of: object = {}): Promise<string> {
    const theirs = await redisAnswer(redis, { script });
    const ours = ourAnswer({ script });
    expect({ ...of, script, ...ours }).toEqual({ ...of, script, ...theirs });
    return theirs.bytes;
  }

  it('struct in its corpus', async () => {
    for (const script of structScripts) await compare(script);
  });

  it('cmsgpack in its corpus', async () => {
    for (const script of messagePackScripts) await compare(script);
  });

  it.each([
    ['struct', structScript],
    ['cmsgpack', messagePackScript],
  ])('%s in scripts made at random', async (_, generate) => {
    let failedCount = 0;
    for (let index = 0; index < count; index += 1) {
      const bytes = await compare(generate(new Prng(seed + index)), { seed: seed + index });
      if (bytes.startsWith('-')) failedCount += 1;
    }
    // Scripts that are all refused, or none of them, would compare little.
    expect(failedCount / count).toBeGreaterThan(0.05);
    expect(failedCount / count).toBeLessThan(0.7);
  });

  it('the globals and the libraries are those of Redis, but for coroutines', async () => {
    const script = `local names = {}
      for name, value in pairs(_G) do
        if type(value) ~= 'table' or name == '_G' then names[#names + 1] = name .. type(value)
        else
          for field, item in pairs(value) do
            local shown = (type(item) == 'string' or type(item) == 'number') and item or ''
            names[#names + 1] = name .. '.' .. field .. ' ' .. type(item) .. ' ' .. shown
          end
        end
      end
      table.sort(names)
      return table.concat(names, '\\n')`;
    const names = (bytes: string) => bytes.slice(0, -2).split('\n').slice(1);
    const theirs = names((await redisAnswer(redis, { script })).bytes);
    const ours = new Set(names(ourAnswer({ script }).bytes));
    const leftOut = theirs.filter((name) => !ours.has(name));
    expect(leftOut.filter((name) => !/^(coroutine\.|__redis__)/.test(name))).toEqual([]);
    expect([...ours].filter((name) => !theirs.includes(name))).toEqual([]);
  });
});
