/*
 * Cuts the bytes that a client sends into its requests. Only for recording: it trusts the client
 * (real libraries) and throws at anything that is neither a multibulk nor an inline request.
 */

export type Request = readonly Buffer[];

export class RequestReader {
  #pending: Buffer = Buffer.alloc(0);

  /** The requests that `chunk` completes, in the order sent. */
  read(chunk: Buffer): Request[] {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    const requests: Request[] = [];
    for (;;) {
      const found = readRequest(this.#pending);
      if (found === undefined) {
        return requests;
      }
      this.#pending = this.#pending.subarray(found.end);
      if (found.request.length > 0) {
        requests.push(found.request);
      }
    }
  }
}

interface Found {
  readonly request: Request;
  readonly end: number;
}

function readRequest(bytes: Buffer): Found | undefined {
  const header = readLine(bytes, 0);
  if (header === undefined) {
    return undefined;
  }
  if (!header.text.startsWith('*')) {
    const words = header.text.split(/\s+/).filter((word) => word !== '');
    return { request: words.map((word) => Buffer.from(word, 'latin1')), end: header.end };
  }
  const args: Buffer[] = [];
  let offset = header.end;
  for (let index = 0; index < readCount(header.text, '*'); index += 1) {
    const length = readLine(bytes, offset);
    if (length === undefined) {
      return undefined;
    }
    const start = length.end;
    const end = start + readCount(length.text, '$');
    if (bytes.length < end + 2) {
      return undefined;
    }
    args.push(Buffer.from(bytes.subarray(start, end)));
    offset = end + 2;
  }
  return { request: args, end: offset };
}

function readLine(bytes: Buffer, from: number): { text: string; end: number } | undefined {
  const lineFeed = bytes.indexOf(0x0a, from);
  if (lineFeed === -1) {
    return undefined;
  }
  const text = bytes.toString('latin1', from, lineFeed).replace(/\r$/, '');
  return { text, end: lineFeed + 1 };
}

function readCount(text: string, mark: string): number {
  const count = Number(text.slice(1));
  if (!text.startsWith(mark) || !Number.isInteger(count) || count < 0) {
    throw new Error(`not a request: expected ${mark} and a count, got ${JSON.stringify(text)}`);
  }
  return count;
}
