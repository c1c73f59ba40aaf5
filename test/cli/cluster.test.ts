import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { main } from '../../src/cli/main.ts';
import type { ClusterView } from '../../src/commands/cluster-view.ts';
import { error, OK, type Reply } from '../../src/resp/reply.ts';
import { ClusterServer, clusterId, groupsOf, nodeOf, viewOf } from '../commands/cluster-server.ts';

let listening: Server | undefined;

afterEach(async () => {
  vi.restoreAllMocks();
  if (listening === undefined) return;
  listening.close();
  await once(listening, 'close');
  listening = undefined;
});

interface Ran {
  readonly code: number;
  readonly text: string;
  readonly errors: string;
}

/** Runs the command against a server with this view, which answers every change with `reply`. */
async function run(
  args: readonly string[],
  view: ClusterView | undefined,
  reply: Reply = OK,
): Promise<Ran & { readonly asked: ClusterServer['asked'] }> {
  const server = new ClusterServer(view);
  server.answer = reply;
  listening = createServer((socket) => {
    server.accept(socket);
  }).listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const address = listening.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { ...(await fencepost('cluster', ...args, '--port', String(port))), asked: server.asked };
}

async function fencepost(...args: readonly string[]): Promise<Ran> {
  let text = '';
  let errors = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    errors += String(chunk);
    return true;
  });
  // The command listens for its errors once a process.
  vi.spyOn(process.stderr, 'on').mockReturnThis();
  const code = await main(args);
  vi.restoreAllMocks();
  return { code, text, errors };
}

describe('fencepost cluster status', () => {
  test('shows nodes and partitions in columns', async () => {
    const nodes = [
      nodeOf(1),
      nodeOf(2, { alive: false }),
      nodeOf(12, { role: 'learner', clientHost: '', clientPort: 0 }),
    ];
    const groups = groupsOf([1, 2, 2], { voters: [1, 2], learners: [12], outgoing: [1, 2, 3] });
    const { code, text } = await run(['status'], viewOf(groups, { nodes, self: 2 }));
    const voters = '1/2, learning 12, changing from 1/2/3';
    expect(text).toBe(
      [
        `cluster ${clusterId}: ok, as node 2 sees it`,
        '',
        'NODE  PEERS AT         CLIENTS AT     STATE  ROLE     LEADS',
        '1     10.0.0.1:17379   10.0.0.1:7001  up     voter    1',
        '2     10.0.0.2:17379   10.0.0.2:7002  down   voter    2',
        '12    10.0.0.12:17379  -              up     learner  0',
        '',
        'PARTITION  SLOTS       LEADER  TERM  COMMIT  APPLIED  VOTERS',
        `0          -           1       5     100     99       ${voters}`,
        `1          0-8191      2       6     101     100      ${voters}`,
        `2          8192-16383  2       7     102     101      ${voters}`,
        '',
      ].join('\n'),
    );
    expect(code).toBe(0);
  });

  test('tells of changes that wait until they can go on', async () => {
    const nodes = [
      nodeOf(1),
      nodeOf(2, { role: 'mixed', wanted: 'voter' }),
      nodeOf(3, { wanted: 'removed' }),
    ];
    const { text } = await run(['status'], viewOf(groupsOf([1, 1]), { nodes }));
    expect(text).toMatch(/^1 .* up +voter +2$/m);
    expect(text).toMatch(/^2 .* up +mixed, to vote +0$/m);
    expect(text).toMatch(/^3 .* up +voter, to be removed +0$/m);
  });

  test('ends with 2 while a partition has no leader', async () => {
    const { code, text } = await run(['status'], viewOf(groupsOf([1, 0])));
    expect(text).toContain('1 without a leader, as node 1 sees it\n');
    expect(text).toMatch(/^1 +0-16383 +none /m);
    expect(code).toBe(2);
  });

  test('shows a node that runs alone', async () => {
    const { code, text } = await run(['status'], undefined);
    expect(text).toMatch(/^no cluster: ok, as node 1 sees it\n/);
    expect(code).toBe(0);
  });
});

describe('fencepost cluster changes', () => {
  test.for([
    [['add', '4', '10.0.0.4:17379'], 'node 4 is a member of every partition; a new one votes once'],
    [['promote', '2'], 'node 2 votes in every partition'],
    [['remove', '3'], 'node 3 is no member of any partition'],
    [['transfer', '1', '2'], 'node 2 leads partition 1'],
    [['transfer', 'ALL', '2'], 'node 2 leads every partition'],
  ] as const)('%o is told when it is done', async ([args, told]) => {
    const { code, text, asked } = await run(args, viewOf(groupsOf([1, 1])));
    expect(text).toContain(told);
    expect(asked.map(({ request }) => request.kind)).toEqual([args[0]]);
    expect(code).toBe(0);
  });

  test('a refusal is one line and exit code 1', async () => {
    const refusal = error('ERR the majority of partition 1 does not answer');
    expect(await run(['remove', '3'], viewOf(groupsOf([1, 1])), refusal)).toMatchObject({
      code: 1,
      text: 'ERR the majority of partition 1 does not answer\n',
    });
  });

  test('a server that does not answer is told, with exit code 1', async () => {
    // Port 1 of the loopback interface is nobody's.
    const { code, text } = await fencepost('cluster', 'promote', '2', '--port', '1');
    expect(text).toMatch(/^no reply from 127\.0\.0\.1:1: [^\n]+\n$/);
    expect(code).toBe(1);
  });

  test('an argument that is missing is told before anything is sent', async () => {
    const { code, errors } = await fencepost('cluster', 'add', '4');
    expect(errors).toBe("fencepost: missing required argument 'host:port'\n");
    expect(code).toBe(1);
  });

  test('a password is read from a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fencepost-cluster-'));
    const file = join(folder, 'password');
    await writeFile(file, 'wrong\n');
    const view = viewOf(groupsOf([1, 1]));
    const { code, text } = await run(['promote', '2', '--requirepass-file', file], view);
    await rm(folder, { recursive: true, force: true });
    expect(text).toMatch(/^ERR AUTH <password> called without any password configured/);
    expect(code).toBe(1);
  });
});
