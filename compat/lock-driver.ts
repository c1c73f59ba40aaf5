import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { HeldLock, LockClient, LockSession } from './lock-client.ts';

/*
 * Drives a lock library of another language: a program of that language reads and writes one JSON
 * object a line. A request has an `id`, a `call` and the call's arguments; its reply has the same
 * `id` and a `result` or an `error`. Requests run beside each other.
 *
 *   open     host, port                     a number for the session
 *   acquire  session, name, ttlMs, waitMs   a number for the lock, or null
 *   extend   lock, ttlMs                    whether it was still held
 *   release  lock                           the same, or null if the library does not tell
 *   close    session                        null
 */

export interface DrivenLibrary extends Omit<LockClient, 'open'> {
  /** The program and its arguments; started with the first session, ended with this process. */
  readonly command: readonly string[];
}

export function drivenClient({ command, ...client }: DrivenLibrary): LockClient {
  let driver: LockDriver | undefined;
  return {
    ...client,
    open: async ({ host, port }) => {
      driver ??= new LockDriver(command);
      const session = Number(await driver.call({ call: 'open', host, port }));
      return openSession(driver, session);
    },
  };
}

type DriverResult = number | boolean | null;

interface DriverRequest {
  readonly call: 'open' | 'acquire' | 'extend' | 'release' | 'close';
  readonly host?: string;
  readonly port?: number;
  readonly session?: number;
  readonly lock?: number;
  readonly name?: string;
  readonly ttlMs?: number;
  readonly waitMs?: number;
}

interface Waiting {
  resolve(result: DriverResult): void;
  reject(error: Error): void;
}

class LockDriver {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  constructor([program = '', ...args]: readonly string[]) {
    this.#process = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: this.#process.stdout });
    lines.on('line', (line) => this.#receive(line));
    this.#process.once('close', (code) => this.#fail(`the driven program ended with ${code}`));
    this.#process.once('error', (error) => this.#fail(error.message));
    // Its standard input ends with this process, and so does the program.
    this.#process.unref();
  }

  call(request: DriverRequest): Promise<DriverResult> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#process.stdin.write(`${JSON.stringify({ id, ...request })}\n`);
    });
  }

  #receive(line: string): void {
    const reply: unknown = JSON.parse(line);
    if (typeof reply !== 'object' || reply === null || !('id' in reply)) {
      throw new Error(`the driven program wrote ${line}`);
    }
    const waiting = this.#waiting.get(Number(reply.id));
    this.#waiting.delete(Number(reply.id));
    if ('error' in reply) {
      waiting?.reject(new Error(String(reply.error)));
    } else {
      waiting?.resolve('result' in reply ? readResult(reply.result) : null);
    }
  }

  #fail(reason: string): void {
    for (const waiting of this.#waiting.values()) {
      waiting.reject(new Error(reason));
    }
    this.#waiting.clear();
  }
}

function openSession(driver: LockDriver, session: number): LockSession {
  const acquire = async (name: string, ttlMs: number, waitMs: number) => {
    const lock = await driver.call({ call: 'acquire', session, name, ttlMs, waitMs });
    return lock === null ? undefined : heldLock(driver, Number(lock));
  };
  return {
    tryAcquire: (name, ttlMs) => acquire(name, ttlMs, 0),
    acquire: async (name, { ttlMs, waitMs }) => {
      const held = await acquire(name, ttlMs, waitMs);
      if (held === undefined) {
        throw new Error(`the lock stayed held for ${waitMs} ms`);
      }
      return held;
    },
    close: async () => {
      await driver.call({ call: 'close', session });
    },
  };
}

function heldLock(driver: LockDriver, lock: number): HeldLock {
  return {
    extend: async (ttlMs) => (await driver.call({ call: 'extend', lock, ttlMs })) === true,
    release: async () => {
      const released = await driver.call({ call: 'release', lock });
      return typeof released === 'boolean' ? released : undefined;
    },
  };
}

function readResult(result: unknown): DriverResult {
  if (typeof result === 'number' || typeof result === 'boolean' || result === null) {
    return result;
  }
  throw new Error(`the driven program replied ${JSON.stringify(result)}`);
}
