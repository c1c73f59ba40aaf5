import { randomBytes } from 'node:crypto';
import { FencepostError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { ClusterPort } from '../partition/cluster-port.ts';
import type { Partition } from '../partition/partition.ts';
import type { Router } from '../partition/router.ts';
import type { Output } from '../raft/output.ts';
import { type Index, NOBODY, nodeOf, type ReplicaId } from '../raft/types.ts';
import type { Store } from '../store/store.ts';
import type { Packet, RaftPacket } from '../transport/packet.ts';
import type { PeerHello } from '../transport/peer-hello.ts';
import { Transport } from '../transport/transport.ts';
import type { LinkDirection, TransportOptions } from '../transport/transport-options.ts';
import type { Cluster } from './cluster.ts';
import { decodeControl } from './control-message.ts';
import type { Engine } from './engine.ts';
import { sortedPeers } from './peer-judgement.ts';
import { RefusalWatch } from './refusal-watch.ts';
import { decodeSnapshotPart } from './snapshot-part.ts';
import { SnapshotReceiver } from './snapshot-receiver.ts';
import { SnapshotSender } from './snapshot-sender.ts';

export interface PeersOptions {
  readonly nodeId: number;
  readonly partitions: readonly Partition[];
  readonly store: Pick<Store, 'openSnapshot' | 'stageSnapshot'>;
  readonly listen: TransportOptions['listen'];
  readonly secret: Buffer | undefined;
  /** Whole ms on the monotonic clock, as of the beginning of the turn. */
  readonly monotonicMs: () => number;
  readonly beginTurn: () => void;
  readonly requestTurnEnd: () => void;
  readonly log: TransportOptions['log'];
  /** A peer says that this node can no longer be of the cluster. */
  readonly onExpelled: (reason: FencepostError) => void;
}

/** What the parts of a node that speak to peers need of each other. */
interface Parts {
  readonly cluster: Cluster;
  readonly engine: Engine;
  readonly router: Router;
}

/** The links of a node to its peers, and who is handed what comes over them. */
export class Peers implements ClusterPort {
  readonly nodeId: number;
  readonly startId = randomBytes(8).toString('latin1');
  readonly #options: PeersOptions;
  readonly #sender: SnapshotSender;
  readonly #receiver: SnapshotReceiver;
  readonly #refusals = new RefusalWatch();
  #transport: Transport | undefined;
  #parts: Parts | undefined;

  constructor(options: PeersOptions) {
    const { partitions, store, beginTurn, log } = options;
    this.nodeId = options.nodeId;
    this.#options = options;
    const send = (nodeId: number, body: Buffer) => this.#send(nodeId, { kind: 'snapshot', body });
    const onProgress = () => this.#parts?.engine.drive();
    const tell = (message: string, details: object) => log('info', message, { ...details });
    this.#sender = new SnapshotSender({
      openSnapshot: (partition) => store.openSnapshot(partition),
      send,
      isLinked: (nodeId) => this.#transport?.isUp(nodeId) ?? false,
      onProgress,
      log: tell,
    });
    this.#receiver = new SnapshotReceiver({
      partitions,
      stageSnapshot: async (partition) => store.stageSnapshot(partition),
      send,
      beginTurn,
      onProgress,
      log: tell,
    });
  }

  /** @throws FencepostError if the peer port cannot be listened on */
  async open(parts: Parts): Promise<void> {
    this.#parts = parts;
    const { cluster } = parts;
    const { listen, secret, log } = this.#options;
    this.#transport = await Transport.open({
      listen,
      secret,
      log,
      hello: () => cluster.hello(),
      accept: (hello) => cluster.accept(hello),
      onPacket: (from, packet) => this.#receive(parts, from, packet),
      onFrameEnd: () => {
        parts.engine.endFrame();
        this.#options.requestTurnEnd();
      },
      onLink: (nodeId, state, hello) => {
        if (state === 'up' && hello !== undefined) {
          this.#refusals.linked(nodeId);
          cluster.linkUp(hello);
        } else {
          this.#refusals.unlinked(nodeId);
          this.#linkDown(parts, nodeId, 'dialled');
        }
      },
      onWritable: (nodeId) => this.#sender.writable(nodeId),
      onIncoming: (hello, state) => {
        if (state === 'up') cluster.called(hello);
        else this.#linkDown(parts, hello.nodeId, 'incoming');
      },
      onRefused: (nodeId, refusal) => {
        this.#options.beginTurn();
        const reason = this.#refusals.refused(nodeId, refusal, this.#options.monotonicMs());
        if (reason !== undefined) this.#options.onExpelled(reason);
      },
    });
    this.setPeers(cluster.peers);
  }

  setPeers(peers: ReadonlyMap<number, string>): void {
    this.#transport?.setPeers(sortedPeers(peers).filter(({ nodeId }) => nodeId !== this.nodeId));
  }

  lastHeardMs(nodeId: number): number | undefined {
    return this.#transport?.lastHeardMs(nodeId);
  }

  sendRaft(packet: RaftPacket): void {
    // What cannot be sent is lost, as on any network: consensus sends it again.
    this.#transport?.send(nodeOf(packet.to), packet);
  }

  sendControl(nodeId: number, body: Buffer): void {
    this.#send(nodeId, { kind: 'control', body });
  }

  sendRequest(nodeId: number, body: Buffer): boolean {
    return this.#send(nodeId, { kind: 'request', body });
  }

  sendReply(nodeId: number, body: Buffer): boolean {
    return this.#send(nodeId, { kind: 'reply', body });
  }

  leaderOf(partition: number): number | undefined {
    const leader = this.#options.partitions[partition]?.raft.leader ?? NOBODY;
    return leader === NOBODY ? undefined : nodeOf(leader);
  }

  hears(nodeId: number): boolean {
    const heardMs = this.lastHeardMs(nodeId);
    return heardMs !== undefined && this.#options.monotonicMs() - heardMs < 2 * limits.peerPingMs;
  }

  flush(): void {
    this.#transport?.flush();
  }

  /** See `Checkpointer`. */
  streamedIndex(partition: number): Index | undefined {
    return this.#sender.streamedIndex(partition);
  }

  tick(): void {
    this.#sender.tick();
  }

  /** What a group wants besides disk and messages. */
  take(partition: Partition, output: Output): void {
    for (const request of output.snapshotRequests) this.#sender.start(partition, request);
    if (output.snapshot !== undefined) this.#receiver.accepted(partition.id, output.snapshot);
  }

  /** Whatever comes over the links while this runs, the store is not used once it is done. */
  async close(): Promise<void> {
    await this.#receiver.close();
    await this.#sender.close();
    await this.#transport?.close();
  }

  #send(nodeId: number, packet: Packet): boolean {
    return this.#transport?.send(nodeId, packet) ?? false;
  }

  #receive({ cluster, engine, router }: Parts, from: PeerHello, packet: Packet): void {
    const { nodeId } = from;
    this.#options.beginTurn();
    switch (packet.kind) {
      case 'raft':
        checkSender(packet, nodeId);
        if (packet.message.kind === 'append-entries') {
          this.#options.partitions[packet.partition]?.admit(packet.message.entries);
        }
        return engine.receive(packet);
      case 'request':
        return router.receiveRequest(nodeId, packet.body);
      case 'reply':
        return router.receiveReply(nodeId, packet.body);
      case 'control':
        return cluster.control(decodeControl(packet.body));
      case 'snapshot': {
        const part = decodeSnapshotPart(packet.body);
        if (part.kind === 'begin') checkReplica(part.from, nodeId, 'a snapshot');
        const isAnswer = part.kind === 'taken' || part.kind === 'given-up';
        if (isAnswer) this.#sender.receive(nodeId, part);
        else this.#receiver.receive(nodeId, part);
      }
    }
  }

  #linkDown({ cluster, router }: Parts, nodeId: number, direction: LinkDirection): void {
    this.#options.beginTurn();
    cluster.linkDown(nodeId, direction);
    router.linkDown(nodeId);
    this.#sender.linkDown(nodeId);
    this.#receiver.linkDown(nodeId);
  }
}

/**
 * A node speaks for its own replicas only; and that a state lies ready beside one of this node's
 * replicas is for this node to say, once it does.
 */
function checkSender({ from, message }: RaftPacket, nodeId: number): void {
  if (message.kind === 'install-snapshot') throw notTheirs(from, nodeId, message.kind);
  checkReplica(from, nodeId, message.kind);
}

function checkReplica(from: ReplicaId, nodeId: number, what: string): void {
  if (from === NOBODY || nodeOf(from) !== nodeId) throw notTheirs(from, nodeId, what);
}

function notTheirs(from: ReplicaId, nodeId: number, what: string): FencepostError {
  return new FencepostError('PEER_PROTOCOL', `${what} of replica ${from}, from node ${nodeId}`);
}
