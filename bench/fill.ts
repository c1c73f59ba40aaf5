import { connect } from 'node:net';
import { requestOf } from '../harness/request.ts';
import { ReplyScanner } from './reply-scanner.ts';
import { expectations } from './requests.ts';

/** Leases to take and to keep, all with names and owners of their own. */
export interface FillJob {
  readonly port: number;
  readonly count: number;
}

const batchSize = 500;
/** A day: none of them ends during a benchmark. */
const ttlMs = '86400000';

/** Takes `count` leases through one pipelined connection. */
export async function runFill({ port, count }: FillJob): Promise<void> {
  const scanner = new ReplyScanner();
  const expected = new Uint8Array(batchSize).fill(expectations.ok);
  let sent = 0;
  let waiting = 0;
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    const sendNext = (): void => {
      if (sent === count) {
        socket.destroy();
        resolve();
        return;
      }
      waiting = Math.min(batchSize, count - sent);
      scanner.expect(expected);
      socket.write(batchFrom(sent, waiting));
      sent += waiting;
    };
    socket.once('connect', sendNext);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the server closed the connection')));
    socket.on('data', (chunk) => {
      try {
        waiting -= scanner.scan(chunk, chunk.length);
      } catch (error) {
        socket.destroy();
        reject(error);
      }
      if (waiting === 0) sendNext();
    });
  });
}

function batchFrom(start: number, count: number): Buffer {
  const requests: string[] = [];
  for (let number = start; number < start + count; number += 1) {
    const name = String(number).padStart(8, '0');
    requests.push(requestOf(['SET', `lease:${name}`, `owner-${name}`, 'NX', 'PX', ttlMs]));
  }
  return Buffer.from(requests.join(''), 'latin1');
}
