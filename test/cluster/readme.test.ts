import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../harness/eventually.ts';
import { steadyPorts } from '../../harness/free-port.ts';
import { askRaftInfo } from '../../harness/raft-info.ts';
import { startServer } from '../../harness/server-process.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const redisCliIsMissing = spawnSync('redis-cli', ['--version']).status !== 0;
const groupCount = 9;

/** The blocks of one language below a heading. */
function blocksOf(heading: string, language: string): readonly string[] {
  const start = readme.indexOf(heading);
  const end = readme.indexOf('\n## ', start + heading.length);
  expect(start, heading).toBeGreaterThan(0);
  const fence = new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs');
  return [...readme.slice(start, end).matchAll(fence)].map(([, block = '']) => block);
}

/** What was pasted into a shell, which runs until it is stopped. */
class Pasted {
  output = '';
  readonly #shell: ChildProcess;

  constructor(script: string) {
    // A group of its own, so that everything that it started ends with it.
    this.#shell = spawn('sh', ['-c', `${script}\nwait`], {
      cwd: folder,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, FENCEPOST_PORT: String(clientPort(1)) },
    });
    for (const stream of [this.#shell.stdout, this.#shell.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString('utf8');
      });
    }
  }

  async stop(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#shell;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    const ended = once(this.#shell, 'close');
    process.kill(-pid, 'SIGTERM');
    await ended;
  }
}

let folder = '';
let firstPort = 0;
let firstPeerPort = 0;
const pasted: Pasted[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fencepost-readme-'));
  symlinkSync(join(root, 'bin'), join(folder, 'bin'));
  // The README counts them up.
  firstPort = await steadyPorts(4);
  firstPeerPort = await steadyPorts(4);
});

afterAll(async () => {
  await Promise.all(pasted.map((each) => each.stop()));
  rmSync(folder, { recursive: true, force: true });
});

function clientPort(id: number): number {
  return firstPort + id - 1;
}

/** The same text with ports that are free here; what is built already is not built again. */
function here(text: string): string {
  const ports = text.replace(/\b(1?73[78]\d)\b/g, (written) => {
    const number = Number(written);
    return String(number > 10_000 ? firstPeerPort + number - 17_379 : firstPort + number - 7_379);
  });
  return ports.replace('npm run --silent build', 'true');
}

async function shell(script: string): Promise<string> {
  return await new Promise((resolve) => {
    const env = { ...process.env, FENCEPOST_PORT: String(clientPort(1)) };
    execFile('sh', ['-c', script], { cwd: folder, env }, (_error, stdout, stderr) => {
      resolve(`${stdout}${stderr}`.trimEnd());
    });
  });
}

async function agreed(ids: readonly number[]): Promise<void> {
  await eventually('the nodes know all leaders', 20_000, async () => {
    const seen = await Promise.all(ids.map((id) => askRaftInfo({ port: clientPort(id) }, 2_000)));
    const known = seen.map((lines = []) => lines.filter(({ leader }) => ids.includes(leader)));
    return known.every(({ length }) => length === groupCount) ? true : undefined;
  });
}

describe('the README', () => {
  test('starts a cluster of three by copy and paste', async () => {
    const [script = ''] = blocksOf('## A cluster of three', 'sh');
    pasted.push(new Pasted(here(script)));
    await agreed([1, 2, 3]);
  });

  test.skipIf(redisCliIsMissing)('shows what any of its nodes prints', async () => {
    const [session = ''] = blocksOf('## A cluster of three', 'console');
    const steps = session.split(/^\$ /m).slice(1);
    expect(steps.length).toBeGreaterThan(2);
    for (const step of steps) {
      const [command = '', ...output] = step.trimEnd().split('\n');
      // To a pipe redis-cli prints bare values unless it is told otherwise.
      const typed = here(command).replace('redis-cli', 'redis-cli --no-raw');
      expect(await shell(typed), command).toBe(output.join('\n'));
    }
  });

  test('adds a fourth node by copy and paste, and removes it', async () => {
    const [script = ''] = blocksOf('## Operating a cluster', 'sh');
    const adding = new Pasted(here(script));
    pasted.push(adding);
    await eventually('node 4 votes', 20_000, () =>
      adding.output.includes('node 4 votes in every partition') ? true : undefined,
    );
    const status = await shell('node bin/fencepost.js cluster status');
    expect(status.match(/ 1\/2\/3\/4$/gm)).toHaveLength(groupCount);
    expect(await shell('node bin/fencepost.js cluster remove 4')).toContain('no member');
    await adding.stop();
  });

  test('starts a node again with its port and data alone', async () => {
    await Promise.all(pasted.splice(0).map((each) => each.stop()));
    const again = await Promise.allSettled(
      [1, 2, 3].map((id) =>
        startServer({ port: clientPort(id), dataFolder: join(folder, `data-${id}`) }),
      ),
    );
    try {
      for (const { status } of again) expect(status).toBe('fulfilled');
      await agreed([1, 2, 3]);
    } finally {
      await Promise.all(again.map((each) => each.status === 'fulfilled' && each.value.stop()));
    }
  });
});
