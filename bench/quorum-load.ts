import { connect, type Socket } from 'node:net';
import { requestOf } from '../harness/request.ts';
import type { LoadResult } from './load-result.ts';
import { type PairClient, type PairJob, PairNames, runPairs } from './pair-load.ts';
import { releaseSha1 } from './requests.ts';

export interface QuorumJob extends PairJob {
  /** Of servers that know nothing of each other. */
  readonly ports: readonly number[];
}

const ttlMs = '30000';

/**
 * What Redlock does (redis.io, "Distributed Locks with Redis"), without a library: each command
 * is sent to every server at once and counts when a majority has agreed. It does less than any
 * library must: no clocks are read, no retries, no timers. So this is the most that Redlock can
 * reach over these servers.
 */
export async function runQuorum({ ports, ...job }: QuorumJob): Promise<LoadResult> {
  return await runPairs(job, (number) => QuorumClient.open(ports, new PairNames(number)));
}

class QuorumClient implements PairClient {
  readonly #names: PairNames;
  readonly #sockets: Socket[] = [];
  readonly #majority: number;
  #held: { readonly key: string; readonly owner: string };
  /** The number of the command under way. */
  #command = 0;
  /** How many commands each server has answered. */
  readonly #answered: number[] = [];
  #agreed = 0;
  #refused = 0;
  #expected = '';
  #resolve: () => void = () => {};
  #reject: (failure: Error) => void = () => {};

  private constructor(serverCount: number, names: PairNames) {
    this.#names = names;
    this.#majority = Math.floor(serverCount / 2) + 1;
    this.#held = names.next();
  }

  static async open(ports: readonly number[], names: PairNames): Promise<QuorumClient> {
    const client = new QuorumClient(ports.length, names);
    for (const port of ports) await client.#connect(port);
    return client;
  }

  async acquire(): Promise<void> {
    this.#held = this.#names.next();
    const { key, owner } = this.#held;
    await this.#ask(requestOf(['SET', key, owner, 'NX', 'PX', ttlMs]), '+OK');
  }

  async release(): Promise<void> {
    const { key, owner } = this.#held;
    await this.#ask(requestOf(['EVALSHA', releaseSha1, '1', key, owner]), ':1');
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
  }

  async #ask(request: string, expected: string): Promise<void> {
    this.#command += 1;
    this.#agreed = 0;
    this.#refused = 0;
    this.#expected = expected;
    await new Promise<void>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      for (const socket of this.#sockets) socket.write(request, 'latin1');
    });
  }

  async #connect(port: number): Promise<void> {
    const place = this.#sockets.length;
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    let rest = '';
    socket.on('error', (error) => this.#reject(error));
    socket.on('data', (chunk) => {
      const lines = `${rest}${chunk.toString('latin1')}`.split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#count(place, line);
    });
    this.#answered.push(0);
    this.#sockets.push(socket);
  }

  /** Replies of one server come in order; those to earlier commands are late votes. */
  #count(place: number, line: string): void {
    const number = (this.#answered[place] ?? 0) + 1;
    this.#answered[place] = number;
    if (line.startsWith('-')) {
      this.#reject(new Error(`a server of the quorum replied ${line}`));
      return;
    }
    if (number !== this.#command) return;
    if (line !== this.#expected) {
      this.#refused += 1;
      // Nobody else wants these locks.
      if (this.#refused === this.#majority) this.#reject(new Error(`a majority replied ${line}`));
      return;
    }
    this.#agreed += 1;
    if (this.#agreed === this.#majority) this.#resolve();
  }
}
