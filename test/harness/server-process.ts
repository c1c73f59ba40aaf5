import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findFreePort } from './free-port.ts';

/*
 * Real server processes for tests: Fencepost as its users start it (the built command), or Debian's
 * redis-server as the control. Each listens on a free loopback port, keeps its data in a fresh
 * folder, and is stopped by its own process id, never by name.
 */

export const serverKinds = ['fencepost', 'redis'] as const;
export type ServerKind = (typeof serverKinds)[number];

export interface ServerOptions {
  /** Default `fencepost`. */
  readonly kind?: ServerKind;
  /** More arguments, after those for the port and the data folder. */
  readonly args?: readonly string[];
  /** A folder to keep between two starts. Without it: a fresh one, removed at the stop. */
  readonly dataFolder?: string;
  /** A fixed port, for a restart at the same address. Without it a free one is found. */
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** What the server is started under, such as `['faketime', '-f', '+1h']`. */
  readonly wrapper?: readonly string[];
}

export interface ServerProcess {
  readonly kind: ServerKind;
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  readonly dataFolder: string;
  /** Everything that it has printed so far, standard output and standard error together. */
  output(): string;
  /** Sends a signal and does not wait. */
  signal(name: NodeJS.Signals): void;
  /** Resolves when the process has ended by itself or by a signal. */
  ended(): Promise<ExitStatus>;
  /**
   * Whatever `use` gives, unless the server ends before: then a rejection with what it printed,
   * at once, instead of clients that reconnect until the test's time is up.
   */
  whileServing<T>(use: () => Promise<T>): Promise<T>;
  /** SIGTERM, then SIGKILL if it has not ended in time; removes a folder that was made here. */
  stop(): Promise<ExitStatus>;
}

export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Cold starts take well under a second; the rest is room for a loaded machine. */
const startMsMax = 30_000;
const stopMsMax = 15_000;
const pollMs = 10;
/** How often another port is tried when somebody else took the free one first. */
const startTriesMax = 3;

const fencepostCommand = fileURLToPath(new URL('../../bin/fencepost.js', import.meta.url));

export async function startServer(options: ServerOptions = {}): Promise<ServerProcess> {
  const ownFolder = options.dataFolder === undefined;
  const dataFolder = options.dataFolder ?? (await mkdtemp(join(tmpdir(), 'fencepost-test-')));
  for (let tries = 1; ; tries += 1) {
    const port = options.port ?? (await findFreePort());
    const server = launch(options, { port, dataFolder, ownFolder });
    const failure = await waitUntilServing(server);
    if (failure === undefined) {
      return server;
    }
    const portTaken = /in use|EADDRINUSE/i.test(failure);
    if (options.port !== undefined || !portTaken || tries === startTriesMax) {
      await server.stop();
      throw new Error(`${server.kind} did not start on port ${port}: ${failure}`);
    }
  }
}

interface Place {
  readonly port: number;
  readonly dataFolder: string;
  readonly ownFolder: boolean;
}

function launch(options: ServerOptions, place: Place): ServerProcess {
  const kind = options.kind ?? 'fencepost';
  const [command, ...args] = [
    ...(options.wrapper ?? []),
    ...commandLine(kind, place),
    ...(options.args ?? []),
  ];
  const child = spawn(command ?? '', args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
  });
  let output = '';
  const collect = (chunk: Buffer): void => {
    output += chunk.toString('utf8');
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const ended = waitForEnd(child, (error) => {
    output += `${error.message}\n`;
  });
  // A test run that is cut short must not leave servers behind.
  const killAtExit = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', killAtExit);
  void ended.then(() => process.removeListener('exit', killAtExit));
  return {
    kind,
    host: '127.0.0.1',
    port: place.port,
    pid: child.pid ?? -1,
    dataFolder: place.dataFolder,
    output: () => output,
    signal: (name) => {
      child.kill(name);
    },
    ended: () => ended,
    whileServing: (use) => Promise.race([use(), rejectAtEnd(ended, () => output)]),
    stop: async () => {
      const status = await stopChild(child, ended);
      if (place.ownFolder) {
        await rm(place.dataFolder, { recursive: true, force: true });
      }
      return status;
    },
  };
}

function commandLine(kind: ServerKind, { port, dataFolder }: Place): string[] {
  if (kind === 'redis') {
    const memoryOnly = ['--save', '', '--appendonly', 'no'];
    const where = ['--bind', '127.0.0.1', '--port', String(port), '--dir', dataFolder];
    return ['redis-server', ...where, ...memoryOnly];
  }
  const where = ['--host', '127.0.0.1', '--port', String(port), '--data', dataFolder];
  return [process.execPath, fencepostCommand, 'serve', ...where];
}

function waitForEnd(child: ChildProcess, onError: (error: Error) => void): Promise<ExitStatus> {
  return new Promise((resolve) => {
    // A command that cannot be started reports `error` and never `exit`.
    child.once('error', (error) => {
      onError(error);
      resolve({ code: null, signal: null });
    });
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

async function rejectAtEnd(ended: Promise<ExitStatus>, output: () => string): Promise<never> {
  const { code, signal } = await ended;
  throw new Error(`the server ended (code ${code}, signal ${signal}):\n${output()}`);
}

async function stopChild(child: ChildProcess, ended: Promise<ExitStatus>): Promise<ExitStatus> {
  child.kill('SIGTERM');
  const killLater = setTimeout(() => child.kill('SIGKILL'), stopMsMax);
  const status = await ended;
  clearTimeout(killLater);
  return status;
}

/** The reason why the server does not answer, or undefined once it does. */
async function waitUntilServing(server: ServerProcess): Promise<string | undefined> {
  const deadlineMs = performance.now() + startMsMax;
  let hasEnded = false;
  void server.ended().then(() => {
    hasEnded = true;
  });
  while (performance.now() < deadlineMs) {
    if (hasEnded) {
      return `it ended:\n${server.output()}`;
    }
    // Any reply will do: with a password set, PING is answered with NOAUTH.
    if (await answersPing(server)) {
      return hasEnded ? 'another server answers on that port, which is in use' : undefined;
    }
    await delay(pollMs);
  }
  return `no answer to PING within ${startMsMax} ms:\n${server.output()}`;
}

function answersPing({ host, port }: ServerProcess): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (chunk) => finish(/^[+-]/.test(chunk.toString('latin1'))));
    socket.once('error', () => finish(false));
    socket.once('close', () => finish(false));
  });
}
