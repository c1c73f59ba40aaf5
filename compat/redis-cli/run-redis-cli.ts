import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import type { Endpoint } from '../lock-client.ts';

/*
 * Debian's redis-cli as a process: what it printed, or a running one to talk to.
 */

export interface CliResult {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Nothing here takes a tenth of this on an idle machine. */
const cliMsMax = 20_000;

export function findRedisCli(): string | undefined {
  const version = spawnSync('redis-cli', ['--version'], { encoding: 'utf8' });
  return version.status === 0 ? version.stdout.trim() : undefined;
}

/** Runs redis-cli to its end, with `input` as its whole standard input. */
export async function runRedisCli(
  endpoint: Endpoint,
  args: readonly string[],
  input: string | Buffer = '',
): Promise<CliResult> {
  const cli = spawn('redis-cli', [...addressOf(endpoint), ...args], { timeout: cliMsMax });
  return await collect(cli, input);
}

/** Runs redis-cli at a terminal, where it prompts, asks for COMMAND DOCS and prints types. */
export async function runInteractive(endpoint: Endpoint, lines: string): Promise<CliResult> {
  const command = ['redis-cli', ...addressOf(endpoint)].join(' ');
  // script(1) of util-linux lends it a terminal.
  const cli = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    timeout: cliMsMax,
    env: { ...process.env, TERM: 'dumb', REDISCLI_HISTFILE: '/dev/null' },
  });
  return await collect(cli, lines);
}

export interface RunningCli {
  /** Resolves when what it printed so far matches; rejects when it ends or takes too long. */
  waitFor(pattern: RegExp): Promise<void>;
  kill(): void;
}

export function startRedisCli(endpoint: Endpoint, args: readonly string[]): RunningCli {
  const cli = spawn('redis-cli', [...addressOf(endpoint), ...args], { timeout: cliMsMax });
  let output = '';
  const watchers = new Set<() => void>();
  const wake = (): void => {
    for (const watcher of watchers) {
      watcher();
    }
  };
  cli.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('latin1');
    wake();
  });
  cli.once('close', wake);
  return {
    waitFor: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (pattern.test(output)) {
            watchers.delete(look);
            resolve();
          } else if (cli.exitCode !== null || cli.signalCode !== null) {
            reject(new Error(`redis-cli ended before ${pattern}; it printed:\n${output}`));
          }
        };
        watchers.add(look);
        look();
      }),
    kill: () => {
      cli.kill('SIGKILL');
    },
  };
}

function addressOf({ host, port }: Endpoint): string[] {
  return ['-h', host, '-p', String(port)];
}

function collect(cli: ChildProcess, input: string | Buffer): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    let output = '';
    let errors = '';
    cli.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString('latin1');
    });
    cli.stderr?.on('data', (chunk: Buffer) => {
      errors += chunk.toString('latin1');
    });
    cli.once('error', reject);
    cli.once('close', (code) => resolve({ code, output, errors }));
    // It may end without reading all of it, which is no failure of the writer.
    cli.stdin?.on('error', () => undefined);
    cli.stdin?.end(input);
  });
}
