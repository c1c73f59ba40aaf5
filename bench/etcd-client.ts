import { type ClientHttp2Session, connect } from 'node:http2';

/*
 * The three calls of etcd's API that a lock takes, over gRPC as its own clients make them: HTTP/2
 * requests with one message each (gRPC over HTTP2, "Requests"), whose fields are encoded as
 * Protocol Buffers say. Three messages of two fields are not worth a package; etcd's JSON gateway
 * would be simpler still, but it costs etcd a second call inside for each call outside.
 */

/** A connection of its own, as one etcd client has. */
export class EtcdClient {
  readonly #session: ClientHttp2Session;

  private constructor(session: ClientHttp2Session) {
    this.#session = session;
  }

  static async open(port: number): Promise<EtcdClient> {
    const session = connect(`http://127.0.0.1:${port}`);
    await new Promise<void>((resolve, reject) => {
      session.once('connect', () => resolve());
      session.once('error', reject);
    });
    session.on('error', () => {
      // Whatever call is under way fails by itself.
    });
    return new EtcdClient(session);
  }

  /** A lease that a client's locks hang on (rpc.proto, LeaseGrantRequest: TTL = 1, ID = 2). */
  async grantLease(id: number, ttlSeconds: number): Promise<void> {
    const request = Buffer.concat([numberField(1, ttlSeconds), numberField(2, id)]);
    await this.#call('/etcdserverpb.Lease/LeaseGrant', request);
  }

  /**
   * Waits for the lock (v3lock.proto, LockRequest: name = 1, lease = 2; LockResponse: key = 2).
   *
   * @returns the key by which it is released
   */
  async lock(name: string, leaseId: number): Promise<Buffer> {
    const request = Buffer.concat([bytesField(1, Buffer.from(name)), numberField(2, leaseId)]);
    const key = findBytes(await this.#call('/v3lockpb.Lock/Lock', request), 2);
    if (key === undefined) throw new Error('etcd granted a lock without a key');
    return key;
  }

  /** v3lock.proto, UnlockRequest: key = 1. */
  async unlock(key: Buffer): Promise<void> {
    await this.#call('/v3lockpb.Lock/Unlock', bytesField(1, key));
  }

  close(): void {
    this.#session.destroy();
  }

  async #call(path: string, request: Buffer): Promise<Buffer> {
    return await new Promise((resolve, reject) => {
      const stream = this.#session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      const chunks: Buffer[] = [];
      let failure: string | undefined = 'no status';
      const note = (headers: Readonly<Record<string, unknown>>): void => {
        const status = headers['grpc-status'];
        if (status === undefined) return;
        failure = status === '0' ? undefined : `${status}: ${headers['grpc-message']}`;
      };
      // A call that fails at once has its status in the headers.
      stream.on('response', note);
      stream.on('trailers', note);
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', reject);
      stream.on('end', () => {
        if (failure !== undefined) reject(new Error(`etcd, ${path}: ${failure}`));
        else resolve(Buffer.concat(chunks).subarray(messageHeaderBytes));
      });
      stream.end(messageOf(request));
    });
  }
}

/** A byte that says whether the message is compressed, and its length in four. */
const messageHeaderBytes = 5;

function messageOf(body: Buffer): Buffer {
  const header = Buffer.alloc(messageHeaderBytes);
  header.writeUInt32BE(body.length, 1);
  return Buffer.concat([header, body]);
}

/** protobuf.dev, "Encoding": 7 bits a byte, the lowest first. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}

/** Wire types: 0 is a varint, 2 is a length and that many bytes. */
export function numberField(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

export function bytesField(field: number, value: Buffer): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(value.length), value]);
}

/** The bytes of a field of a message that has only varints and bytes in it. */
export function findBytes(message: Buffer, wanted: number): Buffer | undefined {
  let at = 0;
  const next = (): number => {
    let value = 0;
    for (let scale = 1; at < message.length; scale *= 0x80) {
      const byte = message[at] ?? 0;
      at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (at < message.length) {
    const tag = next();
    const value = next();
    if (tag % 8 === 0) continue;
    if (tag % 8 !== 2) throw new Error(`a field of wire type ${tag % 8} is not expected`);
    if (Math.floor(tag / 8) === wanted) return message.subarray(at, at + value);
    at += value;
  }
  return undefined;
}
