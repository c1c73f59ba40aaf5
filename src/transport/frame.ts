import { crc32c } from '../base/crc32c.ts';
import { FencepostError } from '../base/errors.ts';

/*
 * A frame, little endian:
 *
 *    0  u32  bytes of the body
 *    4  u8   version of this layout
 *    5  u32  CRC-32C of the five bytes before and of the body, seeded with the frame's number
 *    9       body
 *
 * A frame's number is its place in its direction of the connection, from 0, so one that got lost
 * or came twice between the nodes fails like one that was changed. The checksum is against
 * accidents; against strangers there is the handshake.
 */

export const frameHeadBytes = 9;
export const frameVersion = 1;

/** Room for the head, to be written before the body. */
export const emptyFrameHead = Buffer.alloc(frameHeadBytes);

/** Fills in the head of a frame whose body stands after it. */
export function sealFrame(frame: Buffer, number: number): void {
  frame.writeUInt32LE(frame.length - frameHeadBytes, 0);
  frame[4] = frameVersion;
  frame.writeUInt32LE(checksumOf(frame, number), 5);
}

/** A frame with a copy of `body`. */
export function frameOf(body: Uint8Array, number: number): Buffer {
  const frame = Buffer.allocUnsafe(frameHeadBytes + body.length);
  frame.set(body, frameHeadBytes);
  sealFrame(frame, number);
  return frame;
}

function checksumOf(frame: Buffer, number: number): number {
  return crc32c(frame, frameHeadBytes, frame.length, crc32c(frame, 0, 5, number >>> 0));
}

/** Cuts the bytes of one connection into frames. */
export class FrameReader {
  #bodyBytesMax: number;
  #chunks: Buffer[] = [];
  #byteCount = 0;
  #frameCount = 0;

  /** @param bodyBytesMax bytes of the largest body that is waited for */
  constructor(bodyBytesMax: number) {
    this.#bodyBytesMax = bodyBytesMax;
  }

  /** Bytes that came and are no whole frame yet. */
  get pendingBytes(): number {
    return this.#byteCount;
  }

  /** From the next frame on, bodies may have up to this many bytes. */
  allow(bodyBytesMax: number): void {
    this.#bodyBytesMax = bodyBytesMax;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#byteCount += chunk.length;
  }

  /**
   * The body of the next frame; undefined until the rest of it comes.
   *
   * @throws FencepostError `PEER_PROTOCOL`: these bytes are no frames, and nothing after them is
   */
  next(): Buffer | undefined {
    if (this.#byteCount < 5) return undefined;
    // Judged before the rest of the head is there: what a stranger types ends at once.
    const head = this.#first(5);
    const bodyBytes = head.readUInt32LE(0);
    if (head[4] !== frameVersion) throw violation('bytes that are no frame');
    if (bodyBytes > this.#bodyBytesMax) throw violation(`a frame of ${bodyBytes} bytes`);
    const frameBytes = frameHeadBytes + bodyBytes;
    if (this.#byteCount < frameBytes) return undefined;
    const bytes = this.#first(frameBytes);
    const frame = bytes.subarray(0, frameBytes);
    if (frame.readUInt32LE(5) !== checksumOf(frame, this.#frameCount)) {
      throw violation('a frame with a wrong checksum');
    }
    this.#frameCount += 1;
    this.#byteCount -= frameBytes;
    if (bytes.length > frameBytes) this.#chunks[0] = bytes.subarray(frameBytes);
    else this.#chunks.shift();
    return frame.subarray(frameHeadBytes);
  }

  /** The first chunk, with at least `byteCount` bytes in it. */
  #first(byteCount: number): Buffer {
    const first = this.#chunks[0];
    if (first !== undefined && first.length >= byteCount) return first;
    const joined = Buffer.concat(this.#chunks, this.#byteCount);
    this.#chunks = [joined];
    return joined;
  }
}

function violation(what: string): FencepostError {
  return new FencepostError('PEER_PROTOCOL', what);
}
