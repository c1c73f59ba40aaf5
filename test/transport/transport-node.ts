import type { Message } from '../../src/raft/message.ts';
import { indexOf, replicaOf, termOf } from '../../src/raft/types.ts';
import type { OpaqueKind, Packet } from '../../src/transport/packet.ts';
import { type PeerHello, protocolVersion } from '../../src/transport/peer-hello.ts';
import { peerAddressText } from '../../src/transport/peer-host.ts';
import { Transport } from '../../src/transport/transport.ts';
import type { ReceivedRefusal, TransportOptions } from '../../src/transport/transport-options.ts';

export const secret = Buffer.from('a secret that all nodes of the cluster know');

interface Happening {
  readonly what: 'packet' | 'frame-end' | 'link' | 'incoming' | 'writable' | 'refused' | 'log';
  readonly text: string;
  readonly packet?: Packet;
  readonly refusal?: ReceivedRefusal;
}

interface Waiter {
  readonly wanted: () => boolean;
  readonly resolve: () => void;
}

/** A transport on a loopback port, and everything that it reported. */
export class TransportNode {
  readonly happenings: Happening[] = [];
  readonly nodeId: number;
  #transport: Transport | undefined;
  #waiters: Waiter[] = [];

  private constructor(nodeId: number) {
    this.nodeId = nodeId;
  }

  static async open(
    nodeId: number,
    changes: Partial<TransportOptions> = {},
    hello: Partial<PeerHello> = {},
  ): Promise<TransportNode> {
    const node = new TransportNode(nodeId);
    node.#transport = await Transport.open({
      hello: () => helloOf(nodeId, hello),
      listen: { host: '127.0.0.1', port: 0 },
      secret,
      accept: () => undefined,
      onPacket: (from, packet) =>
        node.#note({ what: 'packet', text: `${from.nodeId} ${packet.kind}`, packet }),
      onFrameEnd: (from) => node.#note({ what: 'frame-end', text: `${from.nodeId}` }),
      onLink: (peer, state) => node.#note({ what: 'link', text: `${peer} ${state}` }),
      onIncoming: (from, state) =>
        node.#note({ what: 'incoming', text: `${from.nodeId} ${state}` }),
      onWritable: (peer) => node.#note({ what: 'writable', text: `${peer}` }),
      onRefused: (peer, refusal) =>
        node.#note({ what: 'refused', text: `${peer} ${refusal.code}`, refusal }),
      log: (level, message, details) =>
        node.#note({ what: 'log', text: `${level} ${message} ${JSON.stringify(details)}` }),
      ...changes,
    });
    return node;
  }

  get transport(): Transport {
    if (this.#transport === undefined) throw new Error('the transport of the node is open');
    return this.#transport;
  }

  get address(): string {
    return peerAddressText(this.transport.address);
  }

  /** The texts of one kind, in order. */
  texts(what: Happening['what']): readonly string[] {
    return this.happenings.filter((happening) => happening.what === what).map(({ text }) => text);
  }

  packets(): readonly Packet[] {
    return this.happenings.flatMap(({ packet }) => (packet === undefined ? [] : [packet]));
  }

  refusals(): readonly ReceivedRefusal[] {
    return this.happenings.flatMap(({ refusal }) => (refusal === undefined ? [] : [refusal]));
  }

  /** Dials these nodes and no others. */
  dial(...peers: readonly TransportNode[]): void {
    this.transport.setPeers(peers.map(({ nodeId, address }) => ({ nodeId, address })));
  }

  async until(wanted: () => boolean): Promise<void> {
    if (wanted()) return;
    await new Promise<void>((resolve) => this.#waiters.push({ wanted, resolve }));
  }

  async untilText(what: Happening['what'], text: string): Promise<void> {
    await this.until(() => this.texts(what).includes(text));
  }

  close(): Promise<void> {
    return this.transport.close();
  }

  #note(happening: Happening): void {
    this.happenings.push(happening);
    this.#waiters = this.#waiters.filter(({ wanted, resolve }) => {
      if (!wanted()) return true;
      resolve();
      return false;
    });
  }
}

export function helloOf(nodeId: number, changes: Partial<PeerHello> = {}): PeerHello {
  return {
    clusterId: '0123456789abcdef0123456789abcdef',
    foundingId: '',
    nodeId,
    incarnation: 1,
    protocolVersion,
    partitionCount: 8,
    peers: [{ nodeId: 1, address: '127.0.0.1:17379' }],
    clientAddress: `127.0.0.1:${7000 + nodeId}`,
    joining: false,
    ...changes,
  };
}

export function heartbeat(partition: number, readId: number): Packet {
  const term = termOf(7);
  const commitIndex = indexOf(1_000_000 + readId);
  return raftPacket(partition, { kind: 'heartbeat', term, commitIndex, readId, quiesce: false });
}

export function append(partition: number, index: number, payload: Buffer): Packet {
  const term = termOf(7);
  const entry = { index: indexOf(index), term, timeMs: 5, kind: 'effects', payload } as const;
  return raftPacket(partition, {
    kind: 'append-entries',
    term,
    session: 1,
    previousIndex: indexOf(index - 1),
    previousTerm: term,
    entries: [entry],
    commitIndex: indexOf(1),
  });
}

function raftPacket(partition: number, message: Message): Packet {
  return { kind: 'raft', partition, from: replicaOf(1, 1), to: replicaOf(2, 1), message };
}

export function opaque(kind: OpaqueKind, text: string): Packet {
  return { kind, body: Buffer.from(text) };
}
