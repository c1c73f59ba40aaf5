import { Redis } from 'ioredis';
import { CriticalSection } from '../../checker/critical-section.ts';
import { elapse } from '../../harness/elapse.ts';
import { releaseScript } from '../../harness/request.ts';

/** Long enough that no lease of a test ends by itself. */
const ttlMs = 60_000;
const keyCount = 6;
const pauseMs = 2;

/**
 * Workers that take and release a few locks for as long as they are wanted, each through one of
 * the nodes: `SET … NX PX`, then a script that compares and deletes. They know from each other who
 * holds what, so a lock that is granted while another worker holds it is a violation.
 */
export class LockLoad {
  /** What was answered with an error other than UNCERTAIN, and connections that broke. */
  readonly errors: string[] = [];
  /** Releases that were answered with UNCERTAIN, and asked again. */
  uncertainCount = 0;
  grantCount = 0;
  readonly #sections = new Map<string, CriticalSection>();
  readonly #clients: Redis[];
  readonly #workers: Promise<void>[];
  #stopped = false;

  /** @param ports the client ports of the nodes that the workers use, one after the other */
  constructor(ports: readonly number[], workerCount = 2 * ports.length) {
    this.#clients = Array.from({ length: workerCount }, (_, at) => {
      const client = new Redis({
        host: '127.0.0.1',
        port: ports[at % ports.length] ?? 0,
        // Nothing is hidden from the test by trying again.
        retryStrategy: () => null,
        maxRetriesPerRequest: 0,
      });
      client.on('error', (error) => this.errors.push(String(error)));
      return client;
    });
    this.#workers = this.#clients.map((client, at) => this.#work(client, `worker-${at}`));
  }

  get violations(): readonly string[] {
    return [...this.#sections].flatMap(([key, { violations }]) =>
      violations.map((violation) => `${key}: ${violation}`),
    );
  }

  /** The locks; once the load has stopped without errors, all of them are free. */
  get keys(): readonly string[] {
    return Array.from({ length: keyCount }, (_, at) => `lock:${at}`);
  }

  /** Resolves when so many more locks were granted. */
  async grants(count: number): Promise<void> {
    const enough = this.grantCount + count;
    while (this.grantCount < enough && this.errors.length === 0) await elapse(10);
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    await Promise.all(this.#workers);
    for (const client of this.#clients) client.disconnect();
  }

  async #work(client: Redis, name: string): Promise<void> {
    try {
      for (let turn = 0; !this.#stopped; turn += 1) {
        const key = `lock:${turn % keyCount}`;
        await this.#pair(client, key, `${name}:${turn}`);
        await elapse(pauseMs);
      }
    } catch (failure) {
      this.errors.push(`${name}: ${failure}`);
    }
  }

  async #pair(client: Redis, key: string, owner: string): Promise<void> {
    await client.get(key);
    if ((await client.set(key, owner, 'PX', ttlMs, 'NX')) !== 'OK') return;
    this.grantCount += 1;
    const section = this.#sections.get(key) ?? new CriticalSection();
    this.#sections.set(key, section);
    section.enter(owner, undefined);
    await elapse(pauseMs);
    // From here on another worker may be granted the lock before this one hears of it.
    section.leave(owner);
    await this.#release(client, key, owner);
  }

  async #release(client: Redis, key: string, owner: string): Promise<void> {
    for (;;) {
      try {
        await client.eval(releaseScript, 1, key, owner);
        return;
      } catch (failure) {
        if (!String(failure).includes('UNCERTAIN')) throw failure;
        this.uncertainCount += 1;
      }
    }
  }
}
