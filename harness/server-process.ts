import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askOnce, type ClientPlace } from './connection.ts';
import { elapse, monotonicMs } from './elapse.ts';
import { findFreePort } from './free-port.ts';
import { fencepostCommand } from './product.ts';
import { type ExitStatus, RunningProcess } from './running-process.ts';

/*
 * Real server processes: Fencepost as its users start it (the built command), or Debian's
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
  /** Leaves a channel for messages open to the process. */
  readonly channel?: boolean;
  /** By when it must serve; default 30 s. */
  readonly startMsMax?: number;
}

/** Cold starts take well under a second; the rest is room for a loaded machine. */
const defaultStartMsMax = 30_000;
const stopMsMax = 15_000;
const answerMsMax = 2_000;
const pollMs = 5;
/** How often another port is tried when somebody else took the free one first. */
const startTriesMax = 3;

/** Of Debian's redis-server; undefined if it is not installed. */
export function findRedisVersion(): string | undefined {
  const { stdout } = spawnSync('redis-server', ['--version'], { encoding: 'utf8' });
  return /v=(\S+)/.exec(stdout ?? '')?.[1];
}

/** Whether redis-server is there to compare with. */
export const redisIsMissing = findRedisVersion() === undefined;

export async function startServer(options: ServerOptions = {}): Promise<ServerProcess> {
  const ownFolder = options.dataFolder === undefined;
  const dataFolder = options.dataFolder ?? (await mkdtemp(join(tmpdir(), 'fencepost-test-')));
  for (let tries = 1; ; tries += 1) {
    const port = options.port ?? (await findFreePort());
    const server = new ServerProcess(options, { port, dataFolder, ownFolder });
    const failure = await waitUntilServing(server, options.startMsMax ?? defaultStartMsMax);
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

export class ServerProcess extends RunningProcess {
  readonly kind: ServerKind;
  readonly host = '127.0.0.1';
  readonly port: number;
  readonly dataFolder: string;
  readonly #ownFolder: boolean;

  constructor(options: ServerOptions, place: Place) {
    const { kind = 'fencepost', args = [], wrapper = [], env = {}, channel = false } = options;
    super({ command: [...wrapper, ...commandLine(kind, place), ...args], env, channel });
    this.kind = kind;
    this.port = place.port;
    this.dataFolder = place.dataFolder;
    this.#ownFolder = place.ownFolder;
  }

  /**
   * Whatever `use` gives, unless the server ends before: then a rejection with what it printed,
   * at once, instead of clients that reconnect until the test's time is up.
   */
  async whileServing<T>(use: () => Promise<T>): Promise<T> {
    const end = async (): Promise<never> => {
      const { code, signal } = await this.ended();
      throw new Error(`the server ended (code ${code}, signal ${signal}):\n${this.output}`);
    };
    return await Promise.race([use(), end()]);
  }

  /** SIGTERM, then SIGKILL if it has not ended in time; removes a folder that was made here. */
  async stop(): Promise<ExitStatus> {
    const killLater = setTimeout(() => this.signal('SIGKILL'), stopMsMax);
    const status = await this.end('SIGTERM');
    clearTimeout(killLater);
    if (this.#ownFolder) await rm(this.dataFolder, { recursive: true, force: true });
    return status;
  }
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

/** The reason why the server does not answer, or undefined once it does. */
async function waitUntilServing(
  server: ServerProcess,
  startMsMax: number,
): Promise<string | undefined> {
  const deadlineMs = monotonicMs() + startMsMax;
  while (monotonicMs() < deadlineMs) {
    if (!server.isRunning) return `it ended:\n${server.output}`;
    if (await isServing(server)) {
      return server.isRunning ? undefined : 'another server answers on that port, which is in use';
    }
    await elapse(pollMs);
  }
  return `no answer to PING within ${startMsMax} ms:\n${server.output}`;
}

/** Any reply will do: with a password set, PING is answered with NOAUTH. */
export async function isServing(place: ClientPlace): Promise<boolean> {
  const reply = await askOnce(place, ['PING'], answerMsMax);
  const isLoading = reply instanceof Error && reply.message.startsWith('LOADING');
  return reply !== undefined && !isLoading;
}
