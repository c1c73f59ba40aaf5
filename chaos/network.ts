/** Where one node of the cluster lives. */
export interface NodePlace {
  readonly nodeId: number;
  /** What its process is started under, such as `ip netns exec NAME`. */
  readonly wrapper: readonly string[];
  /** Where it listens for clients. */
  readonly host: string;
  readonly port: number;
  /** Where it listens for peers: the announced port, on another host if a proxy has that one. */
  readonly peerHost: string;
  readonly peerPort: number;
  /** What the other nodes dial, `host:port`: a proxy's, where links can be slow. */
  readonly peerAddress: string;
}

/** Bytes and packets from one node to another; the way back is another direction. */
export interface Direction {
  readonly from: number;
  readonly to: number;
}

/** A delay for each piece of a stream: `delayMs`, and up to `jitterMs` more by chance. */
export interface Slowness {
  readonly delayMs: number;
  readonly jitterMs: number;
}

/** The links between the nodes, which can be cut and slowed down. Clients always reach a node. */
export interface ClusterNetwork {
  /** How it does so, for the report. */
  readonly description: string;
  readonly places: readonly NodePlace[];
  /** Cuts exactly these directions: nothing passes and nobody is told. */
  cut(directions: readonly Direction[]): Promise<void>;
  /** Slows every link down; undefined: as fast as they are. */
  slow(slowness: Slowness | undefined): Promise<void>;
  /** The process of a node, for networks that know their callers by it. */
  noteProcess(nodeId: number, pid: number): void;
  close(): Promise<void>;
}

/** The ports are the same for every node that has an address of its own. */
export const clientPort = 6379;
export const peerPort = 17_379;

/** All directions between the nodes, both ways. */
export function allDirections(nodeIds: readonly number[]): readonly Direction[] {
  return nodeIds.flatMap((from) => nodeIds.filter((to) => to !== from).map((to) => ({ from, to })));
}

/** The directions that cross the border between two groups, both ways. */
export function directionsBetween(
  some: readonly number[],
  others: readonly number[],
): readonly Direction[] {
  return some.flatMap((from) =>
    others.flatMap((to) => [
      { from, to },
      { from: to, to: from },
    ]),
  );
}
