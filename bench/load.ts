import { connect, type Socket } from 'node:net';
import { Histogram } from './histogram.ts';
import { beginMeasuring, type LoadResult } from './load-result.ts';
import { ReplyScanner } from './reply-scanner.ts';
import { advance, type Batch, batchesOf, type Dialect } from './requests.ts';

/** What the load process is asked to do. */
export interface LoadJob {
  readonly port: number;
  /** Nodes of a cluster that connections are spread over, `port` among them. */
  readonly ports?: readonly number[];
  readonly dialect: Dialect;
  readonly connections: number;
  /** Pairs in one write of one connection; 1: one request in flight. */
  readonly depth: number;
  readonly warmupMs: number;
  readonly measureMs: number;
}

/** Bytes that one read takes from a socket; replies are short. */
const readBytes = 16 * 1024;

/** Runs one job: the same connections through warm-up and measurement, then an orderly end. */
export async function runLoad(job: LoadJob): Promise<LoadResult> {
  const load = new Load(job);
  await load.open();
  load.start();
  await load.until(job.warmupMs);
  const endMeasuring = load.beginMeasuring();
  await load.until(job.measureMs);
  const result = endMeasuring();
  await load.close();
  return result;
}

class Load {
  readonly #job: LoadJob;
  readonly #lanes: Lane[] = [];
  readonly #latencies = new Histogram();
  #failure: Error | undefined;
  #onFailure: (error: Error) => void = () => {};

  constructor(job: LoadJob) {
    this.#job = job;
  }

  async open(): Promise<void> {
    const { port, ports = [port] } = this.#job;
    for (let number = 0; number < this.#job.connections; number += 1) {
      const batches = batchesOf(this.#job.dialect, number, this.#job.depth);
      const fail = (error: Error): void => this.#fail(error);
      const lane = new Lane(batches, this.#latencies, fail);
      await lane.open(ports[number % ports.length] ?? port);
      this.#lanes.push(lane);
    }
  }

  start(): void {
    for (const lane of this.#lanes) lane.sendNext();
  }

  async until(ms: number): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(resolve, ms);
      this.#onFailure = (error) => {
        clearTimeout(timer);
        reject(error);
      };
    });
  }

  beginMeasuring(): () => LoadResult {
    return beginMeasuring(this.#latencies);
  }

  async close(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.close()));
    if (this.#failure !== undefined) throw this.#failure;
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    for (const lane of this.#lanes) lane.destroy();
    this.#onFailure(error);
  }
}

/** One connection with one batch in flight. */
class Lane {
  readonly #batches: readonly Batch[];
  readonly #latencies: Histogram;
  readonly #fail: (error: Error) => void;
  readonly #scanner = new ReplyScanner();
  #socket: Socket | undefined;
  #turn = 0;
  #waiting = 0;
  #sentAtMs = 0;
  #closing = false;
  #onIdle: () => void = () => {};

  constructor(batches: readonly Batch[], latencies: Histogram, fail: (error: Error) => void) {
    this.#batches = batches;
    this.#latencies = latencies;
    this.#fail = fail;
  }

  async open(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const onread = {
        buffer: Buffer.allocUnsafe(readBytes),
        callback: (length: number, buffer: Uint8Array): boolean => this.#read(length, buffer),
      };
      const socket = connect({ host: '127.0.0.1', port, noDelay: true, onread });
      socket.once('connect', () => resolve());
      socket.on('error', (error) => {
        reject(error);
        this.#fail(error);
      });
      socket.on('close', () => {
        if (!this.#closing) this.#fail(new Error('the server closed a connection'));
      });
      this.#socket = socket;
    });
  }

  sendNext(): void {
    const batch = this.#batches[this.#turn % this.#batches.length];
    if (batch === undefined || this.#socket === undefined) return;
    this.#turn += 1;
    advance(batch);
    this.#scanner.expect(batch.expected);
    this.#waiting = batch.expected.length;
    this.#sentAtMs = performance.now();
    this.#socket.write(batch.bytes);
  }

  /** Ends after the pair that is under way, so that no lock is left held. */
  async close(): Promise<void> {
    if (this.#socket === undefined || this.#socket.destroyed) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
      this.#closing = true;
    });
    this.destroy();
  }

  destroy(): void {
    this.#closing = true;
    this.#socket?.destroy();
    this.#onIdle();
  }

  #read(length: number, buffer: Uint8Array): boolean {
    try {
      const completed = this.#scanner.scan(buffer, length);
      if (completed === 0) return true;
      this.#latencies.add((performance.now() - this.#sentAtMs) * 1_000, completed);
      this.#waiting -= completed;
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
      return false;
    }
    if (this.#waiting > 0) return true;
    if (this.#closing && this.#turn % this.#batches.length === 0) this.#onIdle();
    else this.sendNext();
    return true;
  }
}
