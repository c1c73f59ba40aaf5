import type { Packet } from './packet.ts';
import type { PeerHello } from './peer-hello.ts';

/** Why a node takes no link from another; `code` is for programs, `text` for people. */
export interface Refusal {
  readonly code: string;
  readonly text: string;
  /** The highest incarnation of the peer that is spoken for, if that is why. */
  readonly usedIncarnation?: number;
}

/**
 * Why there is no link to a peer. It is proven if the peer sent it and knows the secret. Anybody
 * in between can make up one that is not, so such a refusal may be shown and decides nothing; the
 * same holds where it was this node that found the peer unfit.
 */
export interface ReceivedRefusal extends Refusal {
  readonly proven: boolean;
}

/** `dialled`: this node opened the connection and sends on it; `incoming`: the other one did. */
export type LinkDirection = 'dialled' | 'incoming';

export type LogLevel = 'debug' | 'info' | 'warn';

/** What a transport tells the node. None of these is called after `close` was. */
export interface TransportEvents {
  /**
   * One packet, in the order of its kind on the link; its bytes belong to the receiver. If it
   * throws a FencepostError, because they are not what they should be, the link ends.
   */
  onPacket(from: PeerHello, packet: Packet): void;
  /** The last packet of one frame was handed over: a turn may end. */
  onFrameEnd(from: PeerHello): void;
  /**
   * The link on which this node sends: `up` when packets may be sent, `down` when what was sent
   * may be lost. A link that comes up again starts empty.
   */
  onLink(nodeId: number, state: 'up' | 'down', hello?: PeerHello): void;
  /** The same for the link on which that node sends: after `down` its answers may be lost. */
  onIncoming?(from: PeerHello, state: 'up' | 'down'): void;
  /** `send` returned false for a full queue, and there is room again. */
  onWritable?(nodeId: number): void;
  /** A peer that was dialled refused this node, or was refused by it. Called at each attempt. */
  onRefused(nodeId: number, refusal: ReceivedRefusal): void;
}

export interface TransportOptions extends TransportEvents {
  /** Asked at every handshake, so that it may change. */
  hello(): PeerHello;
  readonly listen: { readonly host: string; readonly port: number };
  /** Without a secret only loopback addresses are listened on and dialled. */
  readonly secret: Buffer | undefined;
  /**
   * The node's judgement on a peer that knows the secret; called at both ends of every link.
   * A refusal is sent to a peer that dialled, and is reported and logged here.
   */
  accept(hello: PeerHello, direction: LinkDirection): Refusal | undefined;
  log(level: LogLevel, message: string, details: Readonly<Record<string, unknown>>): void;
  /** For tests; else the monotonic clock of the process and the limits. */
  readonly monotonicMs?: () => number;
  readonly timings?: Partial<LinkTimings>;
}

/** In ms; the defaults and their reasons are in base/limits.ts. */
export interface LinkTimings {
  readonly handshakeMs: number;
  readonly silenceMs: number;
  readonly pingMs: number;
  readonly backoffMsMin: number;
  readonly backoffMsMax: number;
}
