import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { performance } from 'node:perf_hooks';
import type { Logger } from 'pino';
import { Config, readSettings, strayVariables } from '../server/config.ts';
import { createLogger } from '../server/logging.ts';
import { type RunningServer, startServer } from '../server/start.ts';
import { fencepostVersion } from '../server/version.ts';

export interface ServeOptions {
  /** Values of flags by their names without dashes. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Takes whole lines. */
  readonly writeLine: (line: string) => void;
}

/** sysexits.h: EX_SOFTWARE. */
const brokenInvariantExitCode = 70;

/**
 * Ctrl-C under `npm start` arrives twice, from the terminal and from npm: what comes so soon
 * after the first signal is the first signal.
 */
const repeatedSignalMs = 250;

/**
 * `fencepost serve`: serves until a signal, SHUTDOWN or a failing disk ends it.
 *
 * @returns the exit code
 * @throws FencepostError if a flag, the data folder or an address cannot be used
 */
export async function serve({ flags, environment, writeLine }: ServeOptions): Promise<number> {
  const readFile = (path: string) => readFileSync(path, 'utf8');
  const config = new Config(readSettings({ flags, environment, readFile }));
  const log = createLogger({
    level: config.text('loglevel'),
    format: config.text('log-format'),
    write: writeLine,
  });
  for (const name of strayVariables(environment)) log.warn(`${name} is not a setting: ignored`);
  exitOnBrokenInvariants(log);
  const ending = new Ending(log);
  const running = await startServer({
    config,
    log,
    readFile,
    onShutdown: () => ending.begin('SHUTDOWN', 0),
    onFailure: (failure) => {
      log.fatal({ code: failure.code }, failure.message);
      ending.begin(failure.code, 1);
    },
  });
  log.info(readyLine(running, config));
  const exitCode = await ending.began;
  await running.stop();
  log.info('stopped');
  return exitCode;
}

/** What makes the process end: the first cause decides the exit code. */
class Ending {
  readonly began: Promise<number>;
  #resolve: (exitCode: number) => void = () => {};
  #begunAtMs: number | undefined;
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
    this.began = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => this.#signalled(signal));
    }
  }

  begin(cause: string, exitCode: number): void {
    if (this.#begunAtMs !== undefined) return;
    this.#begunAtMs = performance.now();
    this.#log.info({ cause }, 'stopping');
    this.#resolve(exitCode);
  }

  /** Whoever asks twice does not want to wait. What was acknowledged is on disk in any case. */
  #signalled(signal: 'SIGTERM' | 'SIGINT'): void {
    if (this.#begunAtMs === undefined) return this.begin(signal, 0);
    if (performance.now() - this.#begunAtMs < repeatedSignalMs) return;
    process.exit(128 + constants.signals[signal]);
  }
}

/** No code catches an AssertionError: a state that was never to be may not be served from. */
function exitOnBrokenInvariants(log: Logger): void {
  const end = (failure: unknown) => {
    const known = failure instanceof Error ? failure : new Error(String(failure));
    log.fatal(known, `the process ends, because an invariant is broken: ${known.message}`);
    process.exit(brokenInvariantExitCode);
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
}

function readyLine({ addresses, nodeId, leaseCount }: RunningServer, config: Config): string {
  const partitions = counted(config.number('partitions'), 'partition');
  // In a cluster a start knows only what the last checkpoint held: the rest is the leader's word.
  const who = nodeId === undefined ? `${counted(leaseCount, 'lease')} recovered` : `node ${nodeId}`;
  const where = addresses.map(({ host, port }) => `${host}:${port}`).join(', ');
  const took = `${Math.round(performance.now())} ms`;
  const parts = [`data in ${config.text('dir')}`, partitions, who, took];
  return `fencepost ${fencepostVersion} ready on ${where}, ${parts.join(', ')}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
