import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/*
 * The other end of Program.cs: one JSON object a line in each direction. A request has an `id`, a
 * `call` and the call's arguments; its reply has the same `id` and a `result` or an `error`.
 *
 *   open     host, port                     a number for the session
 *   acquire  session, name, ttlMs, waitMs   a number for the lock, or null
 *   extend   lock, ttlMs                    whether it was still held
 *   release  lock                           the same, or null if the library does not tell
 *   close    session                        null
 */

export type DriverResult = number | boolean | null;

export interface DriverRequest {
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

export class LockDriver {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  constructor(program: string) {
    this.#process = spawn('dotnet', [program], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: this.#process.stdout });
    lines.on('line', (line) => this.#receive(line));
    this.#process.once('close', (code) => this.#fail(`the .NET program ended with ${code}`));
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

  end(): void {
    this.#process.stdin.end();
  }

  #receive(line: string): void {
    const reply: unknown = JSON.parse(line);
    if (typeof reply !== 'object' || reply === null || !('id' in reply)) {
      throw new Error(`the .NET program wrote ${line}`);
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

function readResult(result: unknown): DriverResult {
  if (typeof result === 'number' || typeof result === 'boolean' || result === null) {
    return result;
  }
  throw new Error(`the .NET program replied ${JSON.stringify(result)}`);
}
