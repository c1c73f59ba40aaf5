import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { findFreePort } from '../../harness/free-port.ts';
import { fencepostCommand } from '../../harness/product.ts';
import {
  type ServerOptions,
  type ServerProcess,
  startServer,
} from '../../harness/server-process.ts';
import { requestOf, runScript } from '../commands/request-script.ts';

interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command to its end. */
function fencepost(args: readonly string[], bin = fencepostCommand): Promise<Finished> {
  return new Promise((resolve) => {
    execFile(process.execPath, [bin, ...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

let folder = '';
const servers: ServerProcess[] = [];

async function start(options: ServerOptions = {}): Promise<ServerProcess> {
  const server = await startServer(options);
  servers.push(server);
  return server;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fencepost-cli-'));
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('what keeps `serve` from starting is told in one line, with exit code 1', () => {
  async function refusal(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await fencepost(args);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^fencepost: [^\n]+\n$/);
    expect(code).toBe(1);
    return stderr;
  }

  test('an unknown flag, a missing value, an unknown subcommand', async () => {
    expect(await refusal('serve', '--prot', '1')).toContain("unknown option '--prot'");
    expect(await refusal('serve', '--port')).toContain('--port <number>');
    expect(await refusal('serve', 'now')).toContain('too many arguments');
    expect(await refusal('sevre')).toContain("unknown command 'sevre'");
  });

  test('a bad value', async () => {
    expect(await refusal('serve', '--port', 'http')).toContain('--port');
    expect(await refusal('serve', '--requirepass-file', join(folder, 'none'))).toContain('ENOENT');
  });

  test('a data folder that cannot be written', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    expect(await refusal('serve', '--port', '0', '--data', file)).toContain(file);
  });

  test('a data folder that somebody else uses', async () => {
    const { dataFolder } = await start();
    expect(await refusal('serve', '--port', '0', '--data', dataFolder)).toContain(dataFolder);
  });

  test('a port that somebody else uses, for clients or for peers: no folder is made', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const taken = String(typeof address === 'object' ? address?.port : address);
    const [free, unused] = [String(await findFreePort()), join(folder, 'unused', 'inner')];
    const serveAt = (port: string, peerPort?: string) => {
      const peers = peerPort === undefined ? '' : `1=127.0.0.1:${peerPort}`;
      const cluster = peers === '' ? [] : ['--node-id', '1', '--peers', peers];
      return refusal('serve', '--port', port, '--data', unused, ...cluster);
    };
    expect(await serveAt(taken)).toContain(taken);
    expect(await serveAt(taken, free)).toContain(taken);
    expect(await serveAt('0', taken)).toContain(taken);
    expect(await serveAt(free, free)).toContain(free);
    other.close();
    expect(existsSync(join(folder, 'unused'))).toBe(false);
  });

  test('flags that do not fit together: no folder is made', async () => {
    const unused = join(folder, 'unused');
    const refused = (...flags: string[]) =>
      refusal('serve', '--port', '0', '--data', unused, ...flags);
    const peers = '1=127.0.0.1:17804,2=127.0.0.1:17805';
    expect(await refused('--node-id', '1')).toContain('--peers');
    expect(await refused('--peers', peers)).toContain('--node-id');
    expect(await refused('--node-id', '3', '--peers', peers)).toContain('node 3');
    expect(await refused('--node-id', '1', '--peers', peers, '--peer-port', '1')).toContain('port');
    expect(await refused('--host', 'no-such-host.invalid')).toContain('no-such-host');
    expect(existsSync(unused)).toBe(false);
  });

  test('an address of another machine', async () => {
    const elsewhere = ['--host', '192.0.2.1', '--port', '0', '--data', join(folder, 'address')];
    expect(await refusal('serve', ...elsewhere)).toContain('192.0.2.1');
  });

  test('a build that is missing', async () => {
    const copy = join(folder, 'unbuilt', 'bin', 'fencepost.js');
    await mkdir(join(folder, 'unbuilt', 'bin'), { recursive: true });
    await cp(fencepostCommand, copy);
    const { code, stderr } = await fencepost(['serve'], copy);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('npm run build') });
  });
});

describe('a server that runs', () => {
  test('says in one line where it listens, what it holds and how long it took', async () => {
    const dataFolder = join(folder, 'ready');
    const first = await start({ dataFolder });
    await runScript(first.port, ['SET a me PX 60000', 'SET b me PX 60000', 'SET c me']);
    await first.stop();
    const second = await start({ dataFolder, args: ['--partitions', '1'] });
    const lines = second.output.split('\n');
    const place = `127\\.0\\.0\\.1:${second.port}, data in ${dataFolder}`;
    const ready = new RegExp(
      `info {2}fencepost [0-9.]+ ready on ${place}, 1 partition, 3 leases recovered, [0-9]+ ms$`,
    );
    expect(lines.filter((line) => ready.test(line))).toHaveLength(1);
  });

  test.for(['SIGTERM', 'SIGINT'] as const)('ends by %s with exit code 0', async (signal) => {
    const server = await start();
    server.signal(signal);
    expect(await server.ended()).toEqual({ code: 0, signal: null });
    expect(server.output).toContain('stopped');
  });

  test('ends by SHUTDOWN with exit code 0, without a reply', async () => {
    const server = await start();
    expect(await runScript(server.port, ['PING', 'SHUTDOWN NOSAVE'])).toBe('+PONG\r\n<closed>');
    expect(await server.ended()).toEqual({ code: 0, signal: null });
  });

  test('answers what it took before it ends, and keeps it', async () => {
    const dataFolder = join(folder, 'answers');
    const server = await start({ dataFolder });
    const lines = Array.from({ length: 500 }, (_, at) => `SET k${at} me NX PX 60000`);
    const socket = connect({ host: '127.0.0.1', port: server.port });
    let received = '';
    socket.setEncoding('latin1').on('data', (chunk) => {
      if (received === '') server.signal('SIGTERM');
      received += String(chunk);
    });
    socket.write(lines.map(requestOf).join(''));
    await once(socket, 'close');
    expect(await server.ended()).toEqual({ code: 0, signal: null });
    const granted = received.split('+OK\r\n').length - 1;
    const again = await start({ dataFolder });
    const left = Number((await runScript(again.port, ['DBSIZE'])).slice(1));
    expect(granted).toBeGreaterThan(0);
    expect(left).toBeGreaterThanOrEqual(granted);
  });

  test('ends at once by a second signal, though a client does not read its replies', async () => {
    const server = await start();
    const socket = connect({ host: '127.0.0.1', port: server.port });
    socket.on('error', () => {});
    const echo = requestOf(`ECHO ${'x'.repeat(1_000_000)}`);
    for (let count = 0; count < 20; count += 1) socket.write(echo);
    await once(socket, 'readable');
    const again = setInterval(() => server.signal('SIGTERM'), 100);
    const status = await server.ended();
    clearInterval(again);
    socket.destroy();
    expect(status).toEqual({ code: 143, signal: null });
  });

  test('takes variables, and a password from a file', async () => {
    const file = join(folder, 'password');
    await writeFile(file, 'secret\n');
    const server = await start({
      env: { FENCEPOST_REQUIREPASS_FILE: file, FENCEPOST_LOG_FORMAT: 'json' },
    });
    const answers = await runScript(server.port, ['PING', 'AUTH secret', 'PING']);
    expect(answers).toBe('-NOAUTH Authentication required.\r\n+OK\r\n+PONG\r\n');
    const [line = ''] = server.output.split('\n');
    expect(JSON.parse(line)).toMatchObject({ level: 30, msg: expect.stringContaining('ready on') });
  });

  test('serves several addresses, and takes any free port', async () => {
    const server = await start({ args: ['--host', '127.0.0.1,127.0.0.2'] });
    const socket = connect({ host: '127.0.0.2', port: server.port });
    socket.write('PING\r\n');
    const [reply] = await once(socket, 'data');
    expect(String(reply)).toBe('+PONG\r\n');
    socket.destroy();
  });

  const outside = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

  test.skipIf(outside === undefined)(
    'without a password serves only its own machine, until protected mode is off',
    async () => {
      const port = await findFreePort();
      await start({ port, args: ['--host', `127.0.0.1,${outside}`] });
      const ask = async (): Promise<string> => {
        const socket = connect({ host: outside ?? '', port });
        socket.on('error', () => {});
        socket.write('PING\r\n');
        const [reply] = await once(socket, 'data');
        socket.destroy();
        return String(reply);
      };
      expect(await ask()).toMatch(/^-DENIED /);
      await runScript(port, ['CONFIG SET protected-mode no']);
      expect(await ask()).toBe('+PONG\r\n');
      await runScript(port, ['CONFIG SET protected-mode yes requirepass secret']);
      expect(await ask()).toMatch(/^-NOAUTH /);
    },
  );
});

describe('the other subcommands', () => {
  test('--version tells the version, --help the subcommands', async () => {
    expect((await fencepost(['--version'])).stdout).toMatch(/^[0-9]+\.[0-9]+\.[0-9]+\n$/);
    const { code, stdout } = await fencepost(['--help']);
    expect(code).toBe(0);
    for (const name of ['serve', 'repair', 'call']) expect(stdout).toContain(`  ${name} `);
    expect((await fencepost(['serve', '--help'])).stdout).toContain('FENCEPOST_PORT');
  });

  test('call sends one command, options of the command included', async () => {
    const { port } = await start();
    const call = (...words: string[]) => fencepost(['call', '--port', String(port), ...words]);
    expect(await call('SET', 'k', '--host', 'NX')).toMatchObject({ code: 0, stdout: '"OK"\n' });
    expect(await call('GET', 'k')).toMatchObject({ code: 0, stdout: '"--host"\n' });
    expect((await call('NOTHING')).code).toBe(1);
  });

  test('repair finds nothing wrong with a folder that is whole', async () => {
    const dataFolder = join(folder, 'whole');
    await (await start({ dataFolder })).stop();
    const { code, stdout } = await fencepost(['repair', '--data', dataFolder]);
    expect(code).toBe(0);
    expect(stdout).toContain('Nothing is damaged');
  });
});
