import { connect } from 'node:net';
import type { Writable } from 'node:stream';
import RedisParser from 'redis-parser';

export interface CallOptions {
  readonly host: string;
  readonly port: number;
  readonly password?: string | undefined;
  readonly output: Writable;
  /** How long to wait for the connection and the reply, in ms. */
  readonly timeoutMs: number;
}

/**
 * Sends one command to a server and prints its reply as redis-cli prints it to a terminal, for
 * machines that have no redis-cli.
 *
 * @param args the command's name and its arguments
 * @returns the exit code: 0, or 1 if the reply is an error or none came
 */
export async function call(args: readonly string[], options: CallOptions): Promise<number> {
  const requests = options.password === undefined ? [args] : [['AUTH', options.password], args];
  try {
    const replies = await exchange(requests, options);
    const failed = replies.find((reply) => reply instanceof Error);
    options.output.write(`${formatReply(failed ?? replies.at(-1))}\n`);
    return failed === undefined ? 0 : 1;
  } catch (failure) {
    const reason = failure instanceof Error ? failure.message : String(failure);
    options.output.write(`no reply from ${options.host}:${options.port}: ${reason}\n`);
    return 1;
  }
}

/** Sends the requests over one connection; one reply for each, an error reply as an `Error`. */
export function exchange(
  requests: readonly (readonly string[])[],
  { host, port, timeoutMs }: Omit<CallOptions, 'output'>,
): Promise<readonly unknown[]> {
  return new Promise((resolve, reject) => {
    const replies: unknown[] = [];
    const socket = connect({ host, port });
    const end = (failure?: Error): void => {
      socket.destroy();
      if (failure === undefined) resolve(replies);
      else reject(failure);
    };
    const take = (reply: unknown): void => {
      replies.push(reply);
      if (replies.length === requests.length) end();
    };
    const parser = new RedisParser({ returnReply: take, returnError: take, returnFatalError: end });
    socket.setTimeout(timeoutMs, () => end(new Error(`nothing came within ${timeoutMs} ms`)));
    socket.on('connect', () => socket.write(requests.map(encodeRequest).join('')));
    socket.on('data', (chunk) => parser.execute(chunk));
    socket.on('error', end);
    socket.on('close', () => end(new Error('the connection was closed')));
  });
}

function encodeRequest(args: readonly string[]): string {
  const parts = args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`);
  return `*${args.length}\r\n${parts.join('')}`;
}

/** One reply in the notation of redis-cli: `(integer) 1`, `"text"`, `1) …`. */
function formatReply(reply: unknown, indent = ''): string {
  if (reply === null || reply === undefined) return '(nil)';
  if (reply instanceof Error) return `(error) ${reply.message}`;
  if (typeof reply === 'number') return `(integer) ${reply}`;
  if (typeof reply === 'string') return reply.includes('\n') ? reply : JSON.stringify(reply);
  if (!Array.isArray(reply)) return String(reply);
  if (reply.length === 0) return '(empty array)';
  const width = String(reply.length).length;
  return reply
    .map((item: unknown, at) => {
      const number = `${String(at + 1).padStart(width)}) `;
      const lead = at === 0 ? number : indent + number;
      return lead + formatReply(item, `${indent}${' '.repeat(number.length)}`);
    })
    .join('\n');
}
