import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ServerProcess, startServer } from '../../harness/server-process.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const [, quickStart = ''] = readme.split(/^## Quick start$/m);
const redisCliIsMissing = spawnSync('redis-cli', ['--version']).status !== 0;

interface Step {
  readonly command: string;
  readonly output: string;
}

/** The commands of the README's terminal sessions, and what stands below each. */
function stepsOf(text: string): readonly Step[] {
  const sessions = Array.from(
    text.matchAll(/```console\n(.*?)```/gs),
    ([, session = '']) => session,
  );
  return sessions.flatMap((session) =>
    session
      .split(/^\$ /m)
      .slice(1)
      .map((step) => {
        const [command = '', ...output] = step.trimEnd().split('\n');
        return { command, output: output.join('\n') };
      }),
  );
}

let server: ServerProcess | undefined;

beforeAll(async () => {
  if (!redisCliIsMissing) server = await startServer();
});

afterAll(async () => {
  await server?.stop();
});

test.skipIf(redisCliIsMissing)("the README's quick start prints what it says", () => {
  const [section = ''] = quickStart.split(/^## /m);
  const steps = stepsOf(section);
  expect(steps.length).toBeGreaterThan(8);
  for (const { command, output } of steps) {
    // To a pipe redis-cli prints bare values unless it is told otherwise.
    const here = command.replace('redis-cli -p 7379', `redis-cli --no-raw -p ${server?.port}`);
    expect(here).not.toBe(command);
    const printed = execFileSync('sh', ['-c', here], { encoding: 'utf8' }).trimEnd();
    const remainingTime = /\(integer\) 29[0-9]{3}$/;
    expect(printed.replace(remainingTime, 'time'), command).toBe(
      output.replace(remainingTime, 'time'),
    );
  }
});
