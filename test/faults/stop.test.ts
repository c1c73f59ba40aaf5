import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HistoryChecker } from '../../checker/history-checker.ts';
import { elapse } from '../../harness/elapse.ts';
import { findFreePort } from '../../harness/free-port.ts';
import { type EndedCommand, type RunOptions, runFencepost } from '../../harness/run-command.ts';
import { startServer } from '../../harness/server-process.ts';
import { Prng } from '../../src/base/prng.ts';
import { seedOf } from '../seed.ts';
import { keysOf, readKeys, Workload } from './workload.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fencepost-stop-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('SIGTERM under load answers what is held, exits 0 and loses nothing', async () => {
  const prng = new Prng(seedOf());
  const connections = 8;
  const checker = new HistoryChecker();
  for (let stop = 0; stop < 5; stop += 1) {
    const server = await startServer({ dataFolder: folder });
    const events = await readKeys(server.port, keysOf(connections));
    const options = { port: server.port, prng, connections, before: events };
    const workload = new Workload({ ...options, name: `s${stop}` });
    await workload.start();
    await elapse(prng.between(50, 300));
    server.signal('SIGTERM');
    expect(await server.ended(), server.output).toEqual({ code: 0, signal: null });
    await workload.ended();
    checker.addSegment([...events, ...workload.events], 5_000);
    expect(checker.violations).toEqual([]);
  }
});

test('SIGINT ends an idle server in order', async () => {
  const server = await startServer({ dataFolder: folder });
  server.signal('SIGINT');
  expect(await server.ended(), server.output).toEqual({ code: 0, signal: null });
});

describe('one line and exit code 1 for', () => {
  test('a port in use', async () => {
    const server = await startServer();
    const ended = await serve(['--port', String(server.port), '--data', folder]);
    await server.stop();
    expectOneLine(ended, new RegExp(`${server.port}`));
  });

  test('a data folder in use, which the other server goes on using', async () => {
    const server = await startServer({ dataFolder: folder });
    const ended = await serve(['--port', String(await findFreePort()), '--data', folder]);
    const events = await readKeys(server.port, ['key']);
    await server.stop();
    expectOneLine(ended, /another process|in use/);
    expect(events[0]?.outcome).toEqual({ kind: 'no' });
  });

  test('a file in the place of the data folder', async () => {
    const file = join(folder, 'file');
    await writeFile(file, 'not a folder');
    expectOneLine(await serve(['--port', '0', '--data', file]), /file/);
  });

  const isRoot = process.getuid?.() === 0;
  test('a data folder that may not be written', async () => {
    await chmod(folder, 0o555);
    // Root may write everywhere, so the process runs as nobody then.
    const asUser = isRoot ? { uid: nobody } : {};
    const ended = await serve(['--port', '0', '--data', join(folder, 'data')], asUser);
    await chmod(folder, 0o755);
    expectOneLine(ended, /data/);
  });

  test('an address that is not of this machine', async () => {
    const ended = await serve(['--host', '192.0.2.1', '--port', '0', '--data', folder]);
    expectOneLine(ended, /192\.0\.2\.1/);
  });

  test.each([
    ['a flag that is not there', ['--no-such-flag'], /no-such-flag/],
    ['a port that is no number', ['--port', 'many'], /port/],
    ['a port out of range', ['--port', '65536'], /port/],
    ['a mode that is not there', ['--fsync', 'never'], /fsync/],
  ])('%s', async (_, args, named) => {
    expectOneLine(await serve(['--data', folder, ...args]), named);
  });

  test('a variable of the environment that is not valid', async () => {
    const ended = await serve(['--data', folder], { env: { FENCEPOST_PORT: 'many' } });
    expectOneLine(ended, /port/i);
  });
});

const nobody = 65_534;

async function serve(args: readonly string[], options: RunOptions = {}): Promise<EndedCommand> {
  return await runFencepost(['serve', ...args], options);
}

function expectOneLine(ended: EndedCommand, named: RegExp): void {
  const lines = `${ended.stdout}${ended.stderr}`.trim().split('\n');
  expect(lines, ended.stderr).toHaveLength(1);
  expect(lines[0]).toMatch(named);
  expect(lines[0]).not.toMatch(/^\s+at |node:internal|Error:.*\.(ts|js):\d+/);
  expect(ended.code).toBe(1);
}
