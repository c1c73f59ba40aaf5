import { Redis } from 'ioredis';
import { elapse } from '../faults/elapse.ts';

const releaseScript =
  'if redis.call("get",KEYS[1]) == ARGV[1] then return redis.call("del",KEYS[1]) else return 0 end';

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
  readonly violations: string[] = [];
  /** What was answered with an error other than UNCERTAIN, and connections that broke. */
  readonly errors: string[] = [];
  /** Releases that were answered with UNCERTAIN, and asked again. */
  uncertainCount = 0;
  grantCount = 0;
  readonly #holders = new Map<string, string>();
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
    const other = this.#holders.get(key);
    if (other !== undefined) this.violations.push(`${key}: ${owner} beside ${other}`);
    this.#holders.set(key, owner);
    await elapse(pauseMs);
    // From here on another worker may be granted the lock before this one hears of it.
    if (this.#holders.get(key) === owner) this.#holders.delete(key);
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
