import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Connection, type PlainReply } from '../../harness/connection.ts';
import { runFencepost } from '../../harness/run-command.ts';
import { startServer } from '../../harness/server-process.ts';

const tokenLeap = 2 ** 40;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fencepost-restored-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Takes the locks one after the other on a server that starts and stops in order. */
async function tokensOf(dataFolder: string, keys: readonly string[]): Promise<PlainReply[]> {
  const server = await startServer({ dataFolder });
  const client = await Connection.open(server.port);
  const tokens = await client.sendAll(keys.map((key) => ['KLOCK', key, 'owner', '86400000']));
  client.close();
  await server.stop();
  return [...tokens];
}

test('a copy that is said to be restored mints no token again, however often it is', async () => {
  const original = join(folder, 'original');
  const copy = join(folder, 'copy');
  expect(await tokensOf(original, ['a'])).toEqual([1]);
  await cp(original, copy, { recursive: true });
  expect(await tokensOf(original, ['b', 'c'])).toEqual([2, 3]);

  const said = await runFencepost(['repair', '--data', copy, '--restored']);
  expect(said).toMatchObject({ code: 0, stdout: expect.stringContaining('above 1 * 2^40') });
  expect(await tokensOf(copy, ['a', 'b'])).toEqual([1, tokenLeap + 1]);

  expect((await runFencepost(['repair', '--data', copy, '--restored'])).code).toBe(0);
  expect(await tokensOf(copy, ['b', 'c'])).toEqual([tokenLeap + 1, 2 * tokenLeap + 1]);
});
