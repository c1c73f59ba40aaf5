import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { releaseScript, releaseSha1, requestOf } from './requests.ts';

/** The servers that are measured beside each other. */
export const targetKinds = ['fencepost', 'redis-always', 'redis-memory'] as const;
export type TargetKind = (typeof targetKinds)[number];
export type ServerKind = TargetKind | 'fencepost-node' | 'etcd';

/** A server process of the benchmark, with its own data folder and port. */
export interface Target {
  readonly kind: ServerKind;
  readonly child: ChildProcess;
  readonly port: number;
  readonly folder: string;
  /** From the start of the process until it answered PING. */
  readonly startMs: number;
}

export interface TargetOptions {
  readonly kind: TargetKind;
  readonly folder: string;
  /** More flags for Node.js itself, for Fencepost only. */
  readonly nodeArgs?: readonly string[];
  /** Leaves a channel for messages open to the process. */
  readonly channel?: boolean;
}

const startMsMax = 120_000;
const pollMs = 4;
export const fencepostCommand = fileURLToPath(new URL('../../bin/fencepost.js', import.meta.url));

export function findRedisVersion(): string | undefined {
  const { stdout } = spawnSync('redis-server', ['--version'], { encoding: 'utf8' });
  return /v=(\S+)/.exec(stdout ?? '')?.[1];
}

/** Starts the server and waits until it serves; the data folder is kept if it is there. */
export async function startTarget(options: TargetOptions): Promise<Target> {
  const port = await findFreePort();
  return await launchTarget({
    kind: options.kind,
    folder: options.folder,
    port,
    command: commandLine(options, port),
    isServing: () => answersPing(port),
    channel: options.channel === true,
  });
}

export interface LaunchOptions {
  readonly kind: ServerKind;
  readonly folder: string;
  readonly port: number;
  readonly command: readonly string[];
  readonly isServing: () => Promise<boolean>;
  /** Leaves a channel for messages open to the process. */
  readonly channel?: boolean;
}

/** None of them outlives this process. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a process on its folder and waits until it serves. */
export async function launchTarget(options: LaunchOptions): Promise<Target> {
  const { kind, folder, port } = options;
  await mkdir(folder, { recursive: true });
  const [command = '', ...args] = options.command;
  const startedAtMs = performance.now();
  const stdio = options.channel === true ? 'ipc' : 'ignore';
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe', stdio] });
  let output = '';
  const collect = (chunk: Buffer): void => {
    output = `${output}${chunk.toString('utf8')}`.slice(-4_000);
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  running.add(child);
  child.once('exit', () => running.delete(child));
  while (!(await options.isServing())) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`${kind} ended instead of serving:\n${output}`);
    }
    if (performance.now() - startedAtMs > startMsMax) {
      child.kill('SIGKILL');
      throw new Error(`${kind} does not serve after ${startMsMax} ms:\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  return { kind, child, port, folder, startMs: performance.now() - startedAtMs };
}

/** Ends the process by the signal and waits for it. */
export async function stopTarget(
  { child }: Target,
  signal: NodeJS.Signals = 'SIGTERM',
): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await ended;
}

/** Makes the release script known, as every lock library does with its first release. */
export async function loadScript({ port }: Target): Promise<void> {
  const reply = await ask(port, ['SCRIPT', 'LOAD', releaseScript]);
  if (!reply.includes(releaseSha1)) throw new Error(`SCRIPT LOAD replied ${reply}`);
}

/** The number of keys that the server counts. */
export async function keyCount({ port }: Target): Promise<number> {
  return Number(/:(\d+)/.exec(await ask(port, ['DBSIZE']))?.[1] ?? Number.NaN);
}

/** CPU time of the process in ms, user and system; undefined where there is no /proc. */
export async function cpuMsOf({ child }: Target): Promise<number | undefined> {
  const text = await readFile(`/proc/${child.pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  // The name of the command is in brackets and may hold anything; fields count from behind it.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return ticks * msPerClockTick;
}

/** Resident memory in bytes; undefined where there is no /proc. */
export async function residentBytesOf({ child }: Target): Promise<number | undefined> {
  const text = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => undefined);
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(text ?? '');
  return match === null ? undefined : Number(match[1]) * 1_024;
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

/** USER_HZ is 100 on every Linux that Node.js runs on. */
const msPerClockTick = 10;

function commandLine({ kind, folder, nodeArgs = [] }: TargetOptions, port: number): string[] {
  const address = ['--port', String(port)];
  if (kind === 'fencepost') {
    const where = ['--host', '127.0.0.1', ...address, '--data', folder];
    return [process.execPath, ...nodeArgs, fencepostCommand, 'serve', ...where];
  }
  const durable = kind === 'redis-always';
  // Without rewrites of its log: they would cost Redis time and are not what is compared here.
  const persistence = durable
    ? ['--appendonly', 'yes', '--appendfsync', 'always', '--auto-aof-rewrite-percentage', '0']
    : ['--appendonly', 'no'];
  const where = ['--bind', '127.0.0.1', ...address, '--dir', join(folder)];
  return ['redis-server', ...where, '--save', '', ...persistence];
}

export async function findFreePort(): Promise<number> {
  const probe = createServer();
  return await new Promise((resolve, reject) => {
    probe.once('error', reject);
    probe.listen({ host: '127.0.0.1', port: 0 }, () => {
      const address = probe.address();
      const port = address === null || typeof address === 'string' ? 0 : address.port;
      probe.close(() => resolve(port));
    });
  });
}

export async function answersPing(port: number): Promise<boolean> {
  const reply = await ask(port, []).catch(() => '');
  return reply.startsWith('+PONG');
}

/** The bytes of one reply: whatever came before the reply to the PING sent behind the command. */
export async function ask(port: number, args: readonly string[]): Promise<string> {
  return await new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    let text = '';
    socket.once('connect', () => {
      socket.write(`${args.length > 0 ? requestOf(args) : ''}${requestOf(['PING'])}`);
    });
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (!text.endsWith('+PONG\r\n') && !text.startsWith('-LOADING')) return;
      socket.destroy();
      resolve(text);
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the server closed the connection')));
  });
}
