import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach } from 'vitest';

const made: string[] = [];

/** A folder that does not exist yet, removed with all that is in it after the test. */
export function temporaryFolder(): string {
  const parent = fs.mkdtempSync(path.join(os.tmpdir(), 'fencepost-store-'));
  made.push(parent);
  return path.join(parent, 'data');
}

afterEach(() => {
  for (const folder of made.splice(0)) fs.rmSync(folder, { recursive: true, force: true });
});
