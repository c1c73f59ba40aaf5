import { spawn } from 'node:child_process';
import { fencepostCommand } from './product.ts';

/** A command that has not ended by then hangs, which is a failure of its own. */
const runMsMax = 30_000;

export interface EndedCommand {
  /** Null if it had to be killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** What it reads from standard input. */
  readonly input?: string;
  /** The user it runs as; only root may choose. */
  readonly uid?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs `fencepost` with the arguments until it ends by itself. */
export async function runFencepost(
  args: readonly string[],
  { input = '', uid, env = {} }: RunOptions = {},
): Promise<EndedCommand> {
  const child = spawn(process.execPath, [fencepostCommand, ...args], {
    stdio: 'pipe',
    env: { ...process.env, ...env },
    ...(uid === undefined ? {} : { uid }),
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString('utf8');
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString('utf8');
  });
  // It may have ended before it read anything.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const killLater = setTimeout(() => child.kill('SIGKILL'), runMsMax);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearTimeout(killLater);
  return { code, stdout, stderr };
}
