import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { elapse, monotonicMs } from '../harness/elapse.ts';
import { fakeTimeEnvironment, setFakeTime } from '../harness/fake-time.ts';
import { fencepostCommand } from '../harness/product.ts';
import { RunningProcess } from '../harness/running-process.ts';
import { isServing } from '../harness/server-process.ts';
import type { Abilities } from './abilities.ts';
import { LoopbackNetwork } from './loopback.ts';
import { NamespaceNetwork } from './namespaces.ts';
import type { ClusterNetwork, NodePlace } from './network.ts';
import { openDisk, openFolder, type Volume } from './volume.ts';

export interface ClusterOptions {
  readonly nodeCount: number;
  readonly partitionCount: number;
  readonly seed: number;
  readonly abilities: Abilities;
  /** Which costly parts the faults of this run need. */
  readonly needs: {
    readonly powerLoss: boolean;
    readonly wallClock: boolean;
    readonly slowLinks: boolean;
  };
  /** A control: servers that know nothing of each other, and are no cluster. */
  readonly areAlone?: boolean;
}

export interface ClusterNode {
  readonly place: NodePlace;
  readonly volume: Volume;
  process: RunningProcess | undefined;
  isPaused: boolean;
  /** When a fault last stopped it from answering; it may still be stopped. */
  stoppedAtMs: number;
}

const startMsMax = 30_000;
const pollMs = 20;

/** Real processes of the product, each with its place in the network, its disk and its clock. */
export class Cluster {
  readonly network: ClusterNetwork;
  readonly nodes: ReadonlyMap<number, ClusterNode>;
  readonly #options: ClusterOptions;
  readonly #root: string;

  private constructor(
    options: ClusterOptions,
    root: string,
    network: ClusterNetwork,
    nodes: ReadonlyMap<number, ClusterNode>,
  ) {
    this.#options = options;
    this.#root = root;
    this.network = network;
    this.nodes = nodes;
  }

  static async open(options: ClusterOptions): Promise<Cluster> {
    const { nodeCount, seed, abilities, needs } = options;
    const nodeIds = Array.from({ length: nodeCount }, (_, at) => at + 1);
    const root = await mkdtemp(join(tmpdir(), 'fencepost-chaos-'));
    const network =
      abilities.namespaces === true
        ? await NamespaceNetwork.open({ nodeIds, proxies: needs.slowLinks, seed })
        : await LoopbackNetwork.open(nodeIds, seed);
    const nodes = new Map<number, ClusterNode>();
    const cluster = new Cluster(options, root, network, nodes);
    try {
      const secret = randomBytes(32).toString('hex');
      await writeFile(join(root, 'secret'), `${secret}\n`, { mode: 0o600 });
      const openVolume = needs.powerLoss ? openDisk : openFolder;
      for (const place of network.places) {
        const volume = await openVolume(root, place.nodeId);
        const node = { place, volume, process: undefined, isPaused: false, stoppedAtMs: 0 };
        nodes.set(place.nodeId, node);
        await cluster.setWallClock(place.nodeId, 0);
      }
      return cluster;
    } catch (failure) {
      await cluster.close();
      throw failure;
    }
  }

  get nodeIds(): readonly number[] {
    return [...this.nodes.keys()];
  }

  get places(): readonly NodePlace[] {
    return this.network.places;
  }

  getNode(nodeId: number): ClusterNode {
    const node = this.nodes.get(nodeId);
    if (node === undefined) throw new RangeError(`there is no node ${nodeId}`);
    return node;
  }

  /** Starts the processes together, and waits until each answers. */
  async start(nodeIds: readonly number[]): Promise<void> {
    for (const nodeId of nodeIds) {
      const node = this.getNode(nodeId);
      if (node.process?.isRunning === true) continue;
      node.process = new RunningProcess({
        command: this.#commandOf(node),
        env: this.#environmentOf(nodeId),
      });
      node.isPaused = false;
      this.network.noteProcess(nodeId, node.process.pid);
    }
    for (const nodeId of nodeIds) await this.#untilItAnswers(this.getNode(nodeId));
  }

  async end(nodeIds: readonly number[], signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const ending = nodeIds.map(async (nodeId) => {
      const node = this.getNode(nodeId);
      node.stoppedAtMs = monotonicMs();
      await node.process?.end(signal);
      node.stoppedAtMs = monotonicMs();
    });
    await Promise.all(ending);
  }

  pause(nodeId: number): void {
    const node = this.getNode(nodeId);
    node.process?.signal('SIGSTOP');
    node.isPaused = true;
    node.stoppedAtMs = monotonicMs();
  }

  resume(nodeId: number): void {
    const node = this.getNode(nodeId);
    node.process?.signal('SIGCONT');
    node.isPaused = false;
    node.stoppedAtMs = monotonicMs();
  }

  wasStoppedSince(nodeId: number, sinceMs: number): boolean {
    const node = this.getNode(nodeId);
    const isRunning = node.process?.isRunning === true && !node.isPaused;
    return !isRunning || node.stoppedAtMs >= sinceMs;
  }

  /** Moves the time of day of one process, as an administrator would; its monotonic clock not. */
  async setWallClock(nodeId: number, offsetSeconds: number): Promise<void> {
    await setFakeTime(this.#clockFileOf(nodeId), offsetSeconds);
  }

  /** Processes that ended although nobody ended them, with their last words. */
  crashes(): readonly string[] {
    return [...this.nodes.values()].flatMap(({ place, process: child }) =>
      child?.hasCrashed === true
        ? [`node ${place.nodeId} ended by itself:\n${child.output.slice(-2_000)}`]
        : [],
    );
  }

  /** Everything that was made is removed, also after a failure half way. */
  async close(): Promise<void> {
    for (const node of this.nodes.values()) await node.process?.end('SIGKILL');
    for (const { volume } of this.nodes.values()) await volume.remove();
    await this.network.close();
    await rm(this.#root, { recursive: true, force: true });
  }

  #commandOf({ place, volume }: ClusterNode): readonly string[] {
    const { wrapper, nodeId, host, port, peerHost, peerPort } = place;
    const serve = [
      ...wrapper,
      process.execPath,
      fencepostCommand,
      'serve',
      ...['--host', host, '--port', String(port), '--data', volume.folder],
      ...['--partitions', String(this.#options.partitionCount), '--protected-mode', 'no'],
    ];
    if (this.#options.areAlone === true) return serve;
    const peers = this.places.map((peer) => `${peer.nodeId}=${peer.peerAddress}`);
    return [
      ...serve,
      ...['--node-id', String(nodeId), '--peers', peers.join(',')],
      ...['--peer-host', peerHost, '--peer-port', String(peerPort)],
      ...['--cluster-secret-file', join(this.#root, 'secret')],
    ];
  }

  #environmentOf(nodeId: number): Readonly<Record<string, string>> {
    return this.#options.needs.wallClock ? fakeTimeEnvironment(this.#clockFileOf(nodeId)) : {};
  }

  #clockFileOf(nodeId: number): string {
    return join(this.#root, `clock-${nodeId}`);
  }

  async #untilItAnswers({ place, process: child }: ClusterNode): Promise<void> {
    const deadlineMs = monotonicMs() + startMsMax;
    while (monotonicMs() < deadlineMs) {
      if (child?.isRunning !== true) break;
      if (await isServing(place)) return;
      await elapse(pollMs);
    }
    const words = child?.output.slice(-2_000) ?? '';
    throw new Error(`node ${place.nodeId} does not answer after its start:\n${words}`);
  }
}
