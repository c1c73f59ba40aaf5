import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyMutant } from '../../sim/mutant.ts';
import { mutants } from '../../sim/mutants.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const minuteMs = 60_000;
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fencepost-sim-'));
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  spawnSync(process.execPath, [tsc, '-p', join(root, 'sim'), '--outDir', folder]);
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
}, 2 * minuteMs);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the simulator as it is run', () => {
  test.each(mutants)('can bring $name into the compiled code', (mutant) => {
    const copy = join(folder, 'mutants', mutant.name);
    cpSync(join(folder, 'src'), join(copy, 'src'), { recursive: true });
    applyMutant(mutant, copy);
  });

  test(
    'catches replies that leave before their entry is committed, by name',
    () => {
      const main = join(folder, 'sim', 'main.js');
      const args = [
        main,
        '--mutant',
        'early-replies',
        '--seed',
        '1',
        '--seeds',
        '20',
        '--nodes',
        '3',
      ];
      const { stdout, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
      expect(stdout).toMatch(/seed \d+ breaks: .*committed/);
      expect(stdout).toContain('B20: replies leave before their entry is committed): caught');
      expect(status).toBe(0);
    },
    minuteMs,
  );
});
