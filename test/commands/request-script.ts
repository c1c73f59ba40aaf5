import { connect } from 'node:net';

const mark = '$4\r\nMARK\r\n';

/** A request as one writes it for redis-cli; in quotes, blanks belong to the argument. */
export function requestOf(line: string): string {
  const args = Array.from(
    line.matchAll(/"([^"]*)"|(\S+)/g),
    ([, quoted, plain]) => quoted ?? plain,
  );
  const parts = args.map((arg = '') => `$${Buffer.byteLength(arg, 'latin1')}\r\n${arg}\r\n`);
  return `*${args.length}\r\n${parts.join('')}`;
}

/**
 * Sends requests over a connection of its own, and returns all bytes that come back: those up to
 * the reply of an ECHO behind them, or everything if the server ends the connection.
 */
export function runScript(port: number, lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect({ host: '127.0.0.1', port });
    socket.setEncoding('latin1');
    socket.on('connect', () =>
      socket.write([...lines, 'ECHO MARK'].map(requestOf).join(''), 'latin1'),
    );
    socket.on('data', (chunk: string) => {
      received += chunk;
      if (received.endsWith(mark)) socket.end();
    });
    socket.on('error', reject);
    socket.on('close', () => {
      resolve(received.endsWith(mark) ? received.slice(0, -mark.length) : `${received}<closed>`);
    });
  });
}
