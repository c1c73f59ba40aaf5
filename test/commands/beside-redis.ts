import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { redisIsMissing, type ServerProcess, startServer } from '../../harness/server-process.ts';
import { runScript } from './request-script.ts';

/** What both servers answer to the same requests on a connection of their own. */
export type BothAnswer = (lines: readonly string[]) => Promise<readonly [string, string]>;

/**
 * Fencepost and redis-server 7.0.15 get the same requests, and must send the same bytes back. Each
 * case has a connection of its own and is run in both protocols.
 *
 * @param more further tests, with the same two servers
 */
export function describeBesideRedis(
  title: string,
  cases: Readonly<Record<string, readonly string[]>>,
  more: (bothAnswer: BothAnswer) => void = () => {},
): void {
  describe.skipIf(redisIsMissing)(`${title} beside redis-server 7.0`, () => {
    let fencepost: ServerProcess;
    let redis: ServerProcess;

    beforeAll(async () => {
      [fencepost, redis] = await Promise.all([startServer(), startServer({ kind: 'redis' })]);
    });

    afterAll(async () => {
      await Promise.all([fencepost?.stop(), redis?.stop()]);
    });

    const bothAnswer: BothAnswer = async (lines) =>
      await Promise.all([runScript(fencepost.port, lines), runScript(redis.port, lines)]);

    test.for(Object.entries(cases))('%s', async ([, lines]) => {
      const [own, theirs] = await bothAnswer(lines);
      expect(own).toBe(theirs);
    });

    test.for(Object.entries(cases))('%s, in RESP3', async ([, lines]) => {
      const answers = await bothAnswer(['HELLO 3', ...lines]);
      const [own, theirs] = answers.map((text) => text.slice(text.indexOf('*0\r\n') + 4));
      expect(own).toBe(theirs);
    });

    more(bothAnswer);
  });
}
