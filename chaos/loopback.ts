import { steadyPorts } from '../harness/free-port.ts';
import { Prng } from '../src/base/prng.ts';
import { LinkProxy, type Passage } from './link-proxy.ts';
import type { ClusterNetwork, Direction, NodePlace, Slowness } from './network.ts';
import { ownerOfPort } from './socket-owner.ts';

const host = '127.0.0.1';
/** Where nodes listen themselves; on Linux the whole of 127.0.0.0/8 is loopback. */
const peerHost = '127.0.0.2';

/**
 * Where namespaces are not permitted: every node on loopback behind a proxy in this process. The
 * proxy knows who dials by the process that holds the other end. A link that is cut holds its
 * bytes instead of dropping packets, so nothing here shows what TCP does about loss.
 */
export class LoopbackNetwork implements ClusterNetwork {
  readonly description = 'loopback, a proxy before each peer port';
  readonly places: readonly NodePlace[];
  readonly #proxies: ReadonlyMap<number, LinkProxy>;
  readonly #nodeOfPid: Map<number, number>;

  private constructor(
    places: readonly NodePlace[],
    proxies: ReadonlyMap<number, LinkProxy>,
    nodeOfPid: Map<number, number>,
  ) {
    this.places = places;
    this.#proxies = proxies;
    this.#nodeOfPid = nodeOfPid;
  }

  static async open(nodeIds: readonly number[], seed: number): Promise<LoopbackNetwork> {
    const proxies = new Map<number, LinkProxy>();
    const places: NodePlace[] = [];
    const nodeOfPid = new Map<number, number>();
    for (const nodeId of nodeIds) {
      const port = await steadyPorts(2);
      const peerPort = port + 1;
      const proxy = await LinkProxy.open({
        nodeId,
        listen: { host, port: peerPort },
        target: { host: peerHost, port: peerPort },
        prng: new Prng(seed + nodeId),
        identify: ({ remotePort }) => {
          const pid = ownerOfPort(remotePort ?? 0, [...nodeOfPid.keys()]);
          return pid === undefined ? undefined : nodeOfPid.get(pid);
        },
      });
      proxies.set(nodeId, proxy);
      const peerAddress = `${host}:${peerPort}`;
      places.push({ nodeId, wrapper: [], host, port, peerHost, peerPort, peerAddress });
    }
    return new LoopbackNetwork(places, proxies, nodeOfPid);
  }

  async cut(directions: readonly Direction[]): Promise<void> {
    const isCut = (from: number, to: number): boolean =>
      directions.some((direction) => direction.from === from && direction.to === to);
    for (const [nodeId, proxy] of this.#proxies) {
      const others = [...this.#proxies.keys()].filter((other) => other !== nodeId);
      const passages = others.map((other): readonly [number, Passage] => [
        other,
        { inward: !isCut(other, nodeId), outward: !isCut(nodeId, other) },
      ]);
      proxy.setPassages(new Map(passages));
    }
  }

  async slow(slowness: Slowness | undefined): Promise<void> {
    for (const proxy of this.#proxies.values()) proxy.setSlowness(slowness);
  }

  noteProcess(nodeId: number, pid: number): void {
    for (const [known, of] of this.#nodeOfPid) if (of === nodeId) this.#nodeOfPid.delete(known);
    this.#nodeOfPid.set(pid, nodeId);
  }

  async close(): Promise<void> {
    for (const proxy of this.#proxies.values()) await proxy.close();
  }
}
