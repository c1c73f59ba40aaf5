import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keepSecret, keptSecret } from '../../src/node/cluster-identity.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'fencepost-secret-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

test('the secret is kept for its owner alone, and known to later starts', async () => {
  expect(await keptSecret(folder)).toBeUndefined();
  await keepSecret(folder, undefined);
  expect(await keptSecret(folder)).toBeUndefined();
  await keepSecret(folder, Buffer.from('a secret of a cluster'));
  expect((await keptSecret(folder))?.toString()).toBe('a secret of a cluster');
  expect(statSync(path.join(folder, 'cluster-secret')).mode & 0o777).toBe(0o600);
});

test('a secret that a crash left empty is no secret, and the start says so', async () => {
  writeFileSync(path.join(folder, 'cluster-secret'), '');
  await expect(keptSecret(folder)).rejects.toMatchObject({
    code: 'DATA_FOLDER_UNUSABLE',
    message: expect.stringContaining('is empty: start the node with --cluster-secret-file'),
  });
});
