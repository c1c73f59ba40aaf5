import type { Packet } from './packet.ts';

/** What a node needs of the links to its peers; the simulator brings another. */
export interface TransportPort {
  /**
   * Queues a packet for a peer. It may leave from now on, and leaves with `flush` if the peer
   * keeps up.
   *
   * @returns false if it was dropped: the link is down or the queue for its kind is full
   */
  send(nodeId: number, packet: Packet): boolean;
  /** The turn ends: one frame for each peer with what is queued. */
  flush(): void;
  /** Whether packets may be sent to the peer: `send` then says false for a full queue only. */
  isUp(nodeId: number): boolean;
  /** When the peer was heard last, by the monotonic clock in ms; undefined if never. */
  lastHeardMs(nodeId: number): number | undefined;
}
