import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Endpoint } from './lock-client.ts';
import { type Request, RequestReader } from './request-reader.ts';

/*
 * Stands between a client and the server, passes every byte on unchanged, and keeps what the
 * client asked. The bytes are passed on before they are read, so a request that the reader cannot
 * cut fails the recording and not the conversation.
 */

export interface RecordedRequest {
  readonly phase: string;
  /** From 1, in the order in which the client connected. */
  readonly connection: number;
  readonly request: Request;
}

export interface RecordingProxy {
  readonly endpoint: Endpoint;
  /** Requests from now on belong to the phase `name`. */
  startPhase(name: string): void;
  recorded(): readonly RecordedRequest[];
  close(): Promise<void>;
}

export async function startRecordingProxy(upstream: Endpoint): Promise<RecordingProxy> {
  const recorded: RecordedRequest[] = [];
  const sockets = new Set<Socket>();
  let phase = 'connect';
  let connections = 0;
  const server = createServer((client) => {
    connections += 1;
    const connection = connections;
    const reader = new RequestReader();
    const onward = connect({ host: upstream.host, port: upstream.port, noDelay: true });
    client.setNoDelay(true);
    joinSockets(client, onward, sockets);
    client.on('data', (chunk) => {
      onward.write(chunk);
      for (const request of reader.read(chunk)) {
        recorded.push({ phase, connection, request });
      }
    });
    onward.on('data', (chunk) => client.write(chunk));
  });
  const port = await listen(server);
  return {
    endpoint: { host: '127.0.0.1', port },
    startPhase: (name) => {
      phase = name;
    },
    recorded: () => recorded,
    close: () => closeAll(server, sockets),
  };
}

/** Either side's end or failure ends the other one, as without a proxy between them. */
function joinSockets(client: Socket, onward: Socket, sockets: Set<Socket>): void {
  for (const [one, other] of [
    [client, onward],
    [onward, client],
  ] as const) {
    sockets.add(one);
    one.on('end', () => other.end());
    one.on('error', () => other.destroy());
    one.on('close', () => {
      sockets.delete(one);
      other.destroy();
    });
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0 }, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') {
        reject(new Error('a TCP listener has an address with a port'));
        return;
      }
      resolve(address.port);
    });
  });
}

function closeAll(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of sockets) {
      socket.destroy();
    }
  });
}
