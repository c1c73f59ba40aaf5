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
 *
 * A program whose library is a connection for any command, too, knows more calls:
 *
 *   pipeline     session, commands           the list of replies
 *   transaction  session, watched, commands  the same; null if a watched key has another value
 *   subscribe    session, name               null, when the server has confirmed it
 *   receive      session, name               the next message of that channel
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
      const session = readHandle(await driver.call({ call: 'open', host, port }));
      return openSession(driver, session);
    },
  };
}

interface DriverRequest {
  readonly call:
    | 'open'
    | 'acquire'
    | 'extend'
    | 'release'
    | 'close'
    | 'pipeline'
    | 'transaction'
    | 'subscribe'
    | 'receive';
  readonly host?: string;
  readonly port?: number;
  readonly session?: number;
  readonly lock?: number;
  readonly name?: string;
  readonly ttlMs?: number;
  readonly waitMs?: number;
  readonly commands?: readonly (readonly string[])[];
  /** The values that keys must have. */
  readonly watched?: Readonly<Record<string, string>>;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export class LockDriver {
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

  call(request: DriverRequest): Promise<unknown> {
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
      waiting?.resolve('result' in reply ? reply.result : null);
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
    return lock === null ? undefined : heldLock(driver, readHandle(lock));
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

/** A session or a lock, by its number. */
export function readHandle(result: unknown): number {
  if (typeof result === 'number') return result;
  throw new Error(`the driven program replied ${JSON.stringify(result)}`);
}
