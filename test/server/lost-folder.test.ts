import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { RawConnection } from '../../harness/raw-connection.ts';
import type { FencepostError } from '../../src/base/errors.ts';
import { Config } from '../../src/server/config.ts';
import { type RunningServer, startServer } from '../../src/server/start.ts';

interface Served {
  readonly server: RunningServer;
  readonly folder: string;
  readonly failed: Promise<FencepostError>;
}

async function serve(): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), 'fencepost-'));
  let fail: (failure: FencepostError) => void = () => {};
  const failed = new Promise<FencepostError>((resolve) => {
    fail = resolve;
  });
  const server = await startServer({
    config: new Config(new Map(Object.entries({ dir: folder, port: '0' }))),
    log: pino({ level: 'silent' }),
    readFile: () => '',
    onShutdown: () => {},
    onFailure: (failure) => fail(failure),
  });
  return { server, folder, failed };
}

test('a server whose data folder is deleted fails, grants nothing more, and can stop', async () => {
  const { server, folder, failed } = await serve();
  const connection = await RawConnection.open(server.addresses[0]?.port ?? 0);
  expect(await connection.askOne('SET', 'k', 'v', 'NX', 'PX', '90000')).toBe('+OK\r\n');
  rmSync(folder, { recursive: true });
  const failure = await failed;
  expect(failure.code).toBe('DATA_FOLDER_UNUSABLE');
  expect(failure.message).toContain(`the data folder ${folder} was deleted, moved or replaced`);
  expect(await connection.askOne('SET', 'n', 'v', 'NX', 'PX', '90000')).toMatch(/^-/);
  connection.close();
  await server.stop();
  expect(existsSync(folder)).toBe(false);
});
