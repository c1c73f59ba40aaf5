import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection, type PlainReply } from '../faults/connection.ts';
import { type EndedCommand, runFencepost } from '../faults/run-command.ts';
import { type ServerProcess, startServer } from '../harness/server-process.ts';
import { eventually } from './eventually.ts';
import { type GroupLine, groupLines } from './group-lines.ts';
import { steadyPorts } from './steady-port.ts';

/** What one node listens on and where its data lies, whether it runs or not. */
export interface NodePlace {
  readonly id: number;
  readonly port: number;
  readonly peerPort: number;
  readonly folder: string;
}

const agreeMsMax = 20_000;

/**
 * The nodes of one cluster, each a process that tests start, kill and start again at the same
 * ports. The first start gets all the flags, a later one only `--port` and `--data`.
 */
export class NodeGroup {
  readonly folder: string;
  readonly secretFile: string;
  readonly partitionCount: number;
  readonly places = new Map<number, NodePlace>();
  readonly #running = new Map<number, ServerProcess>();
  readonly #begun = new Set<number>();

  private constructor(folder: string, partitionCount: number) {
    this.folder = folder;
    this.secretFile = join(folder, 'secret');
    this.partitionCount = partitionCount;
  }

  /** Chooses ports and folders for nodes 1 to `nodeCount`, and starts none. */
  static async choose(nodeCount = 3, partitionCount = 4): Promise<NodeGroup> {
    const folder = await mkdtemp(join(tmpdir(), 'fencepost-cluster-'));
    const group = new NodeGroup(folder, partitionCount);
    await writeFile(group.secretFile, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
    for (let id = 1; id <= nodeCount; id += 1) await group.addPlace(id);
    return group;
  }

  /** A cluster that serves: every node knows the leader of every partition. */
  static async start(nodeCount = 3, partitionCount = 4): Promise<NodeGroup> {
    const group = await NodeGroup.choose(nodeCount, partitionCount);
    try {
      await Promise.all([...group.places.keys()].map((id) => group.start(id)));
      await group.leaders();
    } catch (failure) {
      await group.stop();
      throw failure;
    }
    return group;
  }

  /** As `--peers` names them: the founders, unless others are asked for. */
  peers(ids: readonly number[] = [...this.places.keys()]): string {
    return ids.map((id) => `${id}=127.0.0.1:${this.place(id).peerPort}`).join(',');
  }

  place(id: number): NodePlace {
    const place = this.places.get(id);
    if (place === undefined) throw new Error(`there is no node ${id}`);
    return place;
  }

  /** Makes room for one more node. */
  async addPlace(id: number): Promise<NodePlace> {
    const port = await steadyPorts(2);
    const peerPort = port + 1;
    const place = { id, port, peerPort, folder: join(this.folder, `node-${id}`) };
    this.places.set(id, place);
    return place;
  }

  /** The flags of the first start of a founder. */
  firstFlags(id: number): readonly string[] {
    const partitions = ['--partitions', String(this.partitionCount)];
    const who = ['--node-id', String(id), '--peers', this.peers()];
    return [...who, ...partitions, '--cluster-secret-file', this.secretFile];
  }

  /** Starts a node and waits until it answers. */
  async start(id: number, flags?: readonly string[]): Promise<ServerProcess> {
    const { port, folder } = this.place(id);
    const args = flags ?? (this.#begun.has(id) ? [] : this.firstFlags(id));
    const server = await startServer({ port, dataFolder: folder, args });
    this.#begun.add(id);
    this.#running.set(id, server);
    return server;
  }

  /** Starts a process that is none of the nodes; who asks for it ends it. */
  async startElsewhere(
    { port, folder }: Pick<NodePlace, 'port' | 'folder'>,
    flags: readonly string[],
  ): Promise<ServerProcess> {
    return await startServer({ port, dataFolder: folder, args: flags });
  }

  /** Runs `fencepost serve` until it ends by itself, as one does that may not start. */
  async startToEnd(
    { port, folder }: Pick<NodePlace, 'port' | 'folder'>,
    flags: readonly string[] = [],
  ): Promise<EndedCommand> {
    const where = ['--host', '127.0.0.1', '--port', String(port), '--data', folder];
    return await runFencepost(['serve', ...where, ...flags]);
  }

  /** Runs `fencepost cluster …` against a node. */
  async operate(id: number, ...args: readonly string[]): Promise<EndedCommand> {
    return await runFencepost(['cluster', ...args, '--port', String(this.place(id).port)]);
  }

  /** Everything that helps to find out why a test failed. */
  async story(): Promise<string> {
    const parts = this.running.map(async (id) => {
      const { stdout } = await this.operate(id, 'status');
      return `node ${id}:\n${stdout}${this.server(id).output()}`;
    });
    return (await Promise.all(parts)).join('\n');
  }

  server(id: number): ServerProcess {
    const server = this.#running.get(id);
    if (server === undefined) throw new Error(`node ${id} does not run`);
    return server;
  }

  get running(): readonly number[] {
    return [...this.#running.keys()].sort((left, right) => left - right);
  }

  /** Ends a node by a signal and waits for that. */
  async end(id: number, signal: NodeJS.Signals): Promise<ServerProcess> {
    const server = this.server(id);
    this.#running.delete(id);
    server.signal(signal);
    await server.ended();
    return server;
  }

  /** A node has ended by itself. */
  forget(id: number): void {
    this.#running.delete(id);
  }

  async connect(id: number): Promise<Connection> {
    return await Connection.open(this.place(id).port);
  }

  /** The reply of one command over a connection of its own. */
  async ask(id: number, ...args: readonly string[]): Promise<PlainReply> {
    const connection = await this.connect(id);
    try {
      return await connection.send(...args);
    } finally {
      connection.close();
    }
  }

  async lines(id: number): Promise<readonly GroupLine[]> {
    return await groupLines(this.place(id).port);
  }

  /** The leaders by partition, once all nodes that run agree on all of them. */
  async leaders(msMax = agreeMsMax): Promise<readonly number[]> {
    return await eventually('the nodes agree on leaders', msMax, async () => {
      const seen = await Promise.all(this.running.map((id) => this.lines(id)));
      const views = seen.map((lines) => lines.map(({ leader }) => leader));
      const [first = []] = views;
      const complete = first.length === this.partitionCount + 1 && !first.includes(0);
      return complete && views.every((view) => String(view) === String(first)) ? first : undefined;
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.running.map((id) => this.server(id).stop()));
    await rm(this.folder, { recursive: true, force: true });
  }
}
