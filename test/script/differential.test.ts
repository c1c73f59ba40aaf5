import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawConnection } from '../../harness/raw-connection.ts';
import { redisIsMissing, type ServerProcess, startServer } from '../../harness/server-process.ts';
import { Prng } from '../../src/base/prng.ts';
import { seedOf } from '../seed.ts';
import { errorsScripts } from './corpus/errors.ts';
import { jsonScripts } from './corpus/json.ts';
import { languageScripts } from './corpus/language.ts';
import { language2Scripts } from './corpus/language-2.ts';
import { lockCases } from './corpus/lock-scripts.ts';
import { numbersScripts } from './corpus/numbers.ts';
import { redisApiScripts } from './corpus/redis-api.ts';
import { stringsScripts } from './corpus/strings.ts';
import { tablesScripts } from './corpus/tables.ts';
import { ourAnswer, redisAnswer, type ScriptCase } from './differential.ts';
import { generateScript } from './generate.ts';

if (redisIsMissing) console.log('skipped: scripts are not compared, there is no redis-server here');

const seed = seedOf(20_000);
const count = Number(process.env.FENCEPOST_SCRIPT_COUNT ?? 3_000);

/** What is not the same here: the sign of a NaN, addresses, how deep calls may nest. */
const unstable = /nan|overflow|(?:table|function|userdata): /;

/**
 * Lua 5.1 finds the name of a value in a message by looking back through bytecode, and finds odd
 * ones after `and` and `or`. The corpus compares names; here they and the lengths they change are
 * left out.
 */
function withoutNames(bytes: string): string {
  return withoutZeroSigns(bytes)
    .replace(/(?:local|global|field|upvalue|method) '[^']*' \((a \w+ value)\)/g, '$1')
    .replace(/\$\d+\r\n/g, '$');
}

/** `^` of C and of JavaScript may differ in the last bit, which Redis writes with 17 digits. */
function withoutLastDigits(text: string): string {
  return text.replace(/(\d\.\d{13})\d+/g, '$1');
}

/** Lua 5.1 keeps 0 and -0 as one constant of a function, whichever comes first. */
function withoutZeroSigns(text: string): string {
  return withoutLastDigits(text.replace(/-(0(?![\d.ex])|inf)/g, '$1'));
}

describe.skipIf(redisIsMissing)(
  'a script gives the bytes and leaves the keys that redis-server does',
  () => {
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

    /** Redis 7.0 crashes if a script raises a table that holds no message; we must not. */
    async function answerOrRestart(
      test: ScriptCase,
    ): Promise<Awaited<ReturnType<typeof redisAnswer>> | undefined> {
      try {
        return await redisAnswer(redis, test);
      } catch {
        ourAnswer(test);
        await server.stop();
        await start();
        return undefined;
      }
    }

    async function compare(tests: readonly ScriptCase[]): Promise<void> {
      for (const test of tests) {
        const theirs = await redisAnswer(redis, test);
        const ours = ourAnswer(test);
        expect({ ...test, ...ours }).toEqual({ ...test, ...theirs });
      }
    }

    const corpus = {
      language: [...languageScripts, ...language2Scripts],
      errors: errorsScripts,
      numbers: numbersScripts,
      strings: stringsScripts,
      tables: tablesScripts,
      json: jsonScripts,
      'the API of Redis': redisApiScripts,
    };
    it.each(Object.entries(corpus))('in the corpus of %s', async (_, scripts) => {
      await compare(scripts.map((script) => ({ script })));
    });

    it('in the corpus of the API of Redis, for a client with RESP3', async () => {
      await compare(redisApiScripts.map((script) => ({ script, protocol: 3 })));
    });

    it('in the shapes of lock libraries, in every state', async () => {
      await compare(lockCases);
    });

    it('in scripts made at random', async () => {
      for (let index = 0; index < count; index += 1) {
        const script = generateScript(new Prng(seed + index));
        const test = { script, keys: ['k1', 'k2'], argv: ['v1', '7'] };
        const theirs = await answerOrRestart(test);
        if (theirs === undefined) continue;
        if (unstable.test(theirs.bytes + theirs.keys)) continue;
        const ours = ourAnswer(test);
        if (withoutNames(ours.bytes) === withoutNames(theirs.bytes)) {
          expect(withoutZeroSigns(ours.keys)).toBe(withoutZeroSigns(theirs.keys));
        } else {
          expect({ seed: seed + index, ...test, ...ours }).toEqual({ ...test, ...theirs });
        }
      }
    }, 120_000);
  },
);
