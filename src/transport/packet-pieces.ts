import { FencepostError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Packet } from './packet.ts';
import { decodePacket, type Lane, type Piece } from './packet-codec.ts';

/** Puts packets that came in pieces together; each lane has at most one under way. */
export class PacketPieces {
  readonly #pieces: Readonly<Record<Lane, Buffer[]>> = { ordered: [], bulk: [] };
  readonly #byteCounts: Record<Lane, number> = { ordered: 0, bulk: 0 };

  /**
   * @returns the packet, when this was its last piece
   * @throws FencepostError `DATA_DAMAGED` or `PEER_PROTOCOL`
   */
  add({ lane, last, bytes }: Piece): Packet | undefined {
    const pieces = this.#pieces[lane];
    this.#byteCounts[lane] += bytes.length;
    if (this.#byteCounts[lane] > limits.peerPacketBytesMax + pieceOverheadMax) {
      throw new FencepostError('PEER_PROTOCOL', 'a packet larger than any may be');
    }
    // Empty pieces would add up without ever reaching the limit.
    if (bytes.length === 0) throw new FencepostError('PEER_PROTOCOL', 'an empty piece');
    pieces.push(bytes);
    if (!last) return undefined;
    const whole = Buffer.concat(pieces);
    pieces.length = 0;
    this.#byteCounts[lane] = 0;
    return decodePacket(whole);
  }
}

/** What an encoded packet has beside the bytes that its sender counted. */
const pieceOverheadMax = 1024;
