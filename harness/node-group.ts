import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection, type PlainReply } from './connection.ts';
import { eventually } from './eventually.ts';
import { steadyPorts } from './free-port.ts';
import { askRaftInfo, type ReplicaInfo } from './raft-info.ts';
import { type EndedCommand, runFencepost } from './run-command.ts';
import { type ServerProcess, startServer } from './server-process.ts';

/** What one node listens on and where its data lies, whether it runs or not. */
export interface NodePlace {
  readonly id: number;
  readonly port: number;
  readonly peerPort: number;
  readonly folder: string;
}

export interface GroupOptions {
  readonly nodeCount?: number;
  readonly partitionCount?: number;
  /** For the data of all nodes, kept at the end. Without it: a fresh one, removed. */
  readonly folder?: string;
  /** More flags, for every start of every node. */
  readonly args?: readonly string[];
}

const agreeMsMax = 20_000;
const replyMsMax = 2_000;

/**
 * The nodes of one cluster, each a process that is started, killed and started again at the same
 * ports. The first start gets all the flags, a later one only `--port` and `--data`.
 */
export class NodeGroup {
  readonly folder: string;
  readonly secretFile: string;
  readonly partitionCount: number;
  readonly places = new Map<number, NodePlace>();
  readonly #running = new Map<number, ServerProcess>();
  readonly #begun = new Set<number>();
  readonly #ownFolder: boolean;
  readonly #args: readonly string[];

  private constructor(folder: string, { partitionCount = 4, ...options }: GroupOptions) {
    this.folder = folder;
    this.secretFile = join(folder, 'secret');
    this.partitionCount = partitionCount;
    this.#ownFolder = options.folder === undefined;
    this.#args = options.args ?? [];
  }

  /** Chooses ports and folders for nodes 1 to `nodeCount`, and starts none. */
  static async choose(options: GroupOptions = {}): Promise<NodeGroup> {
    const { nodeCount = 3 } = options;
    const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'fencepost-cluster-')));
    const group = new NodeGroup(folder, options);
    await writeFile(group.secretFile, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
    for (let id = 1; id <= nodeCount; id += 1) await group.addPlace(id);
    return group;
  }

  /** A cluster that serves: every node knows the leader of every partition. */
  static async start(options: GroupOptions = {}): Promise<NodeGroup> {
    const group = await NodeGroup.choose(options);
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

  /** The flags of the first start of a node that joins the founders. */
  joiningFlags(id: number, founders: readonly number[] = [1, 2, 3]): readonly string[] {
    const who = ['--node-id', String(id), '--join', 'yes'];
    const where = ['--peer-port', String(this.place(id).peerPort)];
    const peers = ['--peers', this.peers(founders), '--cluster-secret-file', this.secretFile];
    return [...who, ...where, ...peers];
  }

  /** Starts a node and waits until it answers. */
  async start(id: number, flags?: readonly string[]): Promise<ServerProcess> {
    const { port, folder } = this.place(id);
    const args = flags ?? (this.#begun.has(id) ? [] : this.firstFlags(id));
    const server = await startServer({ port, dataFolder: folder, args: [...args, ...this.#args] });
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
      return `node ${id}:\n${stdout}${this.server(id).output}`;
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
    await server.end(signal);
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

  /** The replicas as the node sees them; none if it does not answer. */
  async lines(id: number): Promise<readonly ReplicaInfo[]> {
    return (await askRaftInfo(this.place(id), replyMsMax)) ?? [];
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
    if (this.#ownFolder) await rm(this.folder, { recursive: true, force: true });
  }
}
