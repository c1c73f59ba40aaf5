import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { connect, createServer, type Socket } from 'node:net';

/** Whether Debian's redis-server is there to compare with. */
export function hasRedis(): boolean {
  return spawnSync('redis-server', ['--version']).status === 0;
}

/** A real redis-server of our own on a free port, and one raw connection to it. */
export class RedisProcess {
  readonly #process: ChildProcess;
  readonly #socket: Socket;
  #received: Buffer[] = [];
  #onData: (() => void) | undefined;

  private constructor(process: ChildProcess, socket: Socket) {
    this.#process = process;
    this.#socket = socket;
    socket.on('data', (bytes) => {
      this.#received.push(bytes);
      this.#onData?.();
    });
    socket.on('close', () => this.#onData?.());
    socket.on('error', () => this.#onData?.());
  }

  static async start(): Promise<RedisProcess> {
    const port = await freePort();
    const options = [
      '--port',
      `${port}`,
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
    ];
    const child = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise<void>((resolve, reject) => {
      child.once('exit', () => reject(new Error('redis-server did not start')));
      child.stdout?.on('data', (text: Buffer) => {
        if (text.includes('Ready to accept connections')) resolve();
      });
    });
    const socket = connect(port, '127.0.0.1');
    await new Promise<void>((resolve) => {
      socket.once('connect', resolve);
    });
    return new RedisProcess(child, socket);
  }

  /** Sends commands in one write and returns all bytes of their replies, as latin1. */
  async send(commands: readonly (readonly string[])[]): Promise<string> {
    this.#received = [];
    const all = [...commands, ['ECHO', endMark]];
    this.#socket.write(Buffer.from(all.map(encode).join(''), 'latin1'));
    const end = `$${endMark.length}\r\n${endMark}\r\n`;
    for (;;) {
      const text = Buffer.concat(this.#received).toString('latin1');
      if (text.endsWith(end)) return text.slice(0, -end.length);
      if (this.#socket.destroyed)
        throw new Error(`redis-server hung up; sent ${commands.join(' ')}`);
      await new Promise<void>((resolve) => {
        this.#onData = resolve;
      });
    }
  }

  stop(): void {
    this.#socket.destroy();
    this.#process.kill('SIGKILL');
  }
}

const endMark = '@@the-end-of-the-replies@@';

function encode(words: readonly string[]): string {
  const parts = words.map((word) => `$${word.length}\r\n${word}\r\n`);
  return `*${words.length}\r\n${parts.join('')}`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
