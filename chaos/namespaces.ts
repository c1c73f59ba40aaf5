import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Passage } from './link-proxy.ts';
import type { LinkProxyOrder, LinkProxySetup } from './link-proxy-process.ts';
import {
  type ClusterNetwork,
  clientPort,
  type Direction,
  type NodePlace,
  peerPort,
  type Slowness,
} from './network.ts';
import { runTool, tryTool } from './run-tool.ts';

export interface NamespaceOptions {
  readonly nodeIds: readonly number[];
  /** Puts a proxy before each peer port, so that links can be slowed down. */
  readonly proxies: boolean;
  readonly seed: number;
}

interface ProxyProcess {
  readonly nodeId: number;
  readonly child: ChildProcess;
}

const bridgeHost = 254;
/** Of the namespace that the node is in. */
const loopbackHost = '127.0.0.1';
/** Networks that this process has opened so far. */
let networkCount = 0;

/**
 * Each node in a network namespace of its own, at one end of a veth pair; the other ends are
 * joined by a bridge in the namespace of the clients, which therefore reach every node. Links
 * between nodes are cut by rules of nft in the namespace that packets would come in to: packets
 * vanish, connections stay open, nobody is told. (netem, which would also delay them, is not in
 * every kernel: that is the proxies' part.)
 */
export class NamespaceNetwork implements ClusterNetwork {
  readonly places: readonly NodePlace[];
  /** The namespaces that its nodes are in. */
  readonly names: readonly string[];
  readonly #bridge: string;
  readonly #proxies: ProxyProcess[] = [];
  #slowness: Slowness | undefined;

  private constructor(bridge: string, places: readonly NodePlace[]) {
    this.#bridge = bridge;
    this.places = places;
    this.names = places.map(({ nodeId }) => namespaceOf(bridge, nodeId));
  }

  get description(): string {
    const proxies = this.#proxies.length > 0 ? ', a proxy before each peer port' : '';
    return `network namespaces, cut by nft${proxies}`;
  }

  static async open({ nodeIds, proxies, seed }: NamespaceOptions): Promise<NamespaceNetwork> {
    // Names keep the runs of one machine apart; those of links have at most 15 characters.
    networkCount += 1;
    const bridge = `fp${process.pid}x${networkCount % 10}`;
    const subnet = `10.${100 + (process.pid % 100)}.${(process.pid + networkCount * 37) % 250}`;
    const places = nodeIds.map((nodeId) => placeOf({ bridge, subnet, nodeId, proxies }));
    const network = new NamespaceNetwork(bridge, places);
    try {
      runTool(['ip', 'link', 'add', bridge, 'type', 'bridge']);
      runTool(['ip', 'addr', 'add', `${subnet}.${bridgeHost}/24`, 'dev', bridge]);
      runTool(['ip', 'link', 'set', bridge, 'up']);
      for (const place of places) joinNamespace(bridge, place);
      if (proxies) {
        for (const place of places) network.#proxies.push(await startProxy(place, places, seed));
      }
      return network;
    } catch (failure) {
      await network.close();
      throw failure;
    }
  }

  async cut(directions: readonly Direction[]): Promise<void> {
    for (const place of this.places) {
      const sources = directions.filter(({ to }) => to === place.nodeId).map(({ from }) => from);
      const hosts = this.places.filter(({ nodeId }) => sources.includes(nodeId));
      const drops = hosts.map(({ host }) => `add rule inet chaos input ip saddr ${host} drop\n`);
      runTool(
        ['ip', 'netns', 'exec', namespaceOf(this.#bridge, place.nodeId), 'nft', '-f', '-'],
        `flush chain inet chaos input\n${drops.join('')}`,
      );
    }
  }

  async slow(slowness: Slowness | undefined): Promise<void> {
    if (this.#proxies.length === 0) throw new Error('this network was opened without proxies');
    this.#slowness = slowness;
    for (const proxy of this.#proxies) await this.#order(proxy);
  }

  noteProcess(): void {
    // Nodes are known by their addresses here.
  }

  async close(): Promise<void> {
    for (const { child } of this.#proxies) await endChild(child);
    this.#proxies.length = 0;
    for (const { nodeId } of this.places) {
      tryTool(['ip', 'netns', 'del', namespaceOf(this.#bridge, nodeId)]);
      tryTool(['ip', 'link', 'del', linkOf(this.#bridge, nodeId)]);
    }
    tryTool(['ip', 'link', 'del', this.#bridge]);
  }

  async #order({ child }: ProxyProcess): Promise<void> {
    const passages: readonly (readonly [number, Passage])[] = [];
    const order: LinkProxyOrder = { passages, slowness: this.#slowness ?? null };
    const done = answerOf(child);
    child.send(order);
    await done;
  }
}

function namespaceOf(bridge: string, nodeId: number): string {
  return `${bridge}n${nodeId}`;
}

function linkOf(bridge: string, nodeId: number): string {
  return `${bridge}v${nodeId}`;
}

function placeOf(where: {
  readonly bridge: string;
  readonly subnet: string;
  readonly nodeId: number;
  readonly proxies: boolean;
}): NodePlace {
  const { bridge, subnet, nodeId, proxies } = where;
  const host = `${subnet}.${nodeId}`;
  return {
    nodeId,
    wrapper: ['ip', 'netns', 'exec', namespaceOf(bridge, nodeId)],
    host,
    port: clientPort,
    peerHost: proxies ? loopbackHost : host,
    peerPort,
    peerAddress: `${host}:${peerPort}`,
  };
}

function joinNamespace(bridge: string, { nodeId, host }: NodePlace): void {
  const namespace = namespaceOf(bridge, nodeId);
  const link = linkOf(bridge, nodeId);
  const inside = ['ip', 'netns', 'exec', namespace];
  runTool(['ip', 'netns', 'add', namespace]);
  runTool(['ip', 'link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace]);
  runTool(['ip', 'link', 'set', link, 'master', bridge, 'up']);
  runTool([...inside, 'ip', 'addr', 'add', `${host}/24`, 'dev', 'eth0']);
  runTool([...inside, 'ip', 'link', 'set', 'eth0', 'up']);
  runTool([...inside, 'ip', 'link', 'set', 'lo', 'up']);
  runTool(
    [...inside, 'nft', '-f', '-'],
    'add table inet chaos\n' +
      'add chain inet chaos input { type filter hook input priority 0; policy accept; }\n',
  );
}

async function startProxy(
  place: NodePlace,
  places: readonly NodePlace[],
  seed: number,
): Promise<ProxyProcess> {
  const { nodeId, host, wrapper } = place;
  const setup: LinkProxySetup = {
    options: {
      nodeId,
      listen: { host, port: peerPort },
      target: { host: loopbackHost, port: peerPort },
    },
    seed: seed + nodeId,
    nodeOfHost: Object.fromEntries(places.map((other) => [other.host, other.nodeId])),
  };
  const [command = '', ...args] = [...wrapper, process.execPath, proxyProgram()];
  const child = spawn(command, [...args, JSON.stringify(setup)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await answerOf(child);
  return { nodeId, child };
}

/** Built, also when the rest runs from its sources: Node.js 20 does not strip types. */
function proxyProgram(): string {
  const beside = fileURLToPath(new URL('link-proxy-process.js', import.meta.url));
  if (existsSync(beside)) return beside;
  return fileURLToPath(new URL('dist/chaos/link-proxy-process.js', import.meta.url));
}

async function answerOf(child: ChildProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const onExit = (): void => reject(new Error('a proxy before a peer port ended'));
    child.once('exit', onExit);
    child.once('message', () => {
      child.removeListener('exit', onExit);
      resolve();
    });
  });
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}
