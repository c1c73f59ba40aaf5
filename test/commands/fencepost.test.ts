import { describe, expect, test } from 'vitest';
import { error, OK } from '../../src/resp/reply.ts';
import { ClusterServer, clusterId, groupsOf, nodeOf, viewOf } from './cluster-server.ts';

function serverOf(view = viewOf(groupsOf([1, 2, 3]))): ClusterServer {
  return new ClusterServer(view);
}

describe('FENCEPOST STATUS', () => {
  test('tells nodes and partitions in lines of name and value', async () => {
    const nodes = [
      nodeOf(1),
      nodeOf(2, { alive: false }),
      nodeOf(4, { role: 'learner', linked: false }),
    ];
    const groups = groupsOf([1, 2], { voters: [1, 2], learners: [4], outgoing: [1, 3] });
    const client = serverOf(viewOf(groups, { nodes, self: 2 })).connect();
    const words = (await client.ask('FENCEPOST STATUS')).split('\r\n');
    expect(words.filter((word) => !/^[$*]/.test(word) && word !== '')).toEqual([
      'cluster',
      clusterId,
      'node',
      '2',
      'state',
      'ok',
      'nodes',
      'node1',
      'peer=10.0.0.1:17379,client=10.0.0.1:7001,state=up,role=voter,leads=1',
      'node2',
      'peer=10.0.0.2:17379,client=10.0.0.2:7002,state=down,role=voter,leads=1',
      'node4',
      'peer=10.0.0.4:17379,client=10.0.0.4:7004,state=one-way,role=learner,leads=0',
      'partitions',
      'partition0',
      'leader=1,role=leader,term=5,commit=100,applied=99,last=101,slots=,' +
        'voters=1/2,learners=4,outgoing=1/3',
      'partition1',
      'leader=2,role=follower,term=6,commit=101,applied=100,last=102,slots=0-16383,' +
        'voters=1/2,learners=4,outgoing=1/3',
    ]);
  });

  test('tells at the end of the line what a node is to become and is not yet', async () => {
    const nodes = [nodeOf(1), nodeOf(3, { wanted: 'removed' })];
    const reply = await serverOf(viewOf(groupsOf([1, 1]), { nodes }))
      .connect()
      .ask('FENCEPOST STATUS');
    expect(reply).toContain('role=voter,leads=2\r\n');
    expect(reply).toContain('role=voter,leads=0,wanted=removed\r\n');
  });

  test('is a map in RESP3, and counts what has no leader', async () => {
    const client = serverOf(viewOf(groupsOf([1, 0, 0]))).connect();
    await client.ask('HELLO 3');
    const reply = await client.ask('FENCEPOST STATUS');
    expect(reply).toMatch(/^%5\r\n/);
    expect(reply).toContain('$5\r\nstate\r\n$18\r\n2 without a leader\r\n');
  });

  test('is there on a node that runs alone, where nothing can be changed', async () => {
    const client = new ClusterServer().connect();
    expect(await client.ask('FENCEPOST STATUS')).toContain('$7\r\ncluster\r\n$4\r\nnone\r\n');
    expect(await client.ask('FENCEPOST ADD 2 10.0.0.2:17379')).toBe(
      '-ERR this node is not part of a cluster: it has no other nodes to manage\r\n',
    );
  });
});

describe('what FENCEPOST hands on', () => {
  test.for([
    ['ADD 4 10.0.0.4:17379', { kind: 'add', nodeId: 4, address: '10.0.0.4:17379' }],
    ['add 4 [fe80::1%eth0]:1', { kind: 'add', nodeId: 4, address: '[fe80::1%eth0]:1' }],
    [
      'ADD 4294967295 a-b.c_d:65535',
      { kind: 'add', nodeId: 2 ** 32 - 1, address: 'a-b.c_d:65535' },
    ],
    ['REMOVE 3', { kind: 'remove', nodeId: 3 }],
    ['PROMOTE 2', { kind: 'promote', nodeId: 2 }],
    ['TRANSFER 0 2', { kind: 'transfer', partition: 0, nodeId: 2 }],
    ['TRANSFER all 3', { kind: 'transfer', partition: 'all', nodeId: 3 }],
  ] as const)('%s', async ([line, request]) => {
    const server = serverOf();
    server.connect().send(`FENCEPOST ${line}\r\nPING\r\n`);
    await expect.poll(() => server.asked.map((each) => each.request)).toEqual([request]);
  });

  test.for([
    ['ADD 0 h:1', 'node-id is not an integer from 1 to 4294967295'],
    ['ADD 4294967296 h:1', 'node-id is not an integer from 1 to 4294967295'],
    ['ADD 99999999999999999999 h:1', 'node-id is not an integer from 1 to 4294967295'],
    ['ADD x h:1', 'node-id is not an integer from 1 to 4294967295'],
    ['ADD 4 h', 'the address is not host:port'],
    ['ADD 4 :1', 'the address is not host:port'],
    ['ADD 4 h:0', 'the address is not host:port'],
    ['ADD 4 h:65536', 'the address is not host:port'],
    ['ADD 4 a=b,c:1', 'the address is not host:port'],
    [`ADD 4 ${'h'.repeat(256)}:1`, 'the address is not host:port'],
    ['ADD 4', "wrong number of arguments for 'fencepost|add' command"],
    ['REMOVE x', 'node-id is not an integer from 1 to 4294967295'],
    ['PROMOTE 0', 'node-id is not an integer from 1 to 4294967295'],
    ['TRANSFER 1 -1', 'node-id is not an integer from 1 to 4294967295'],
    ['TRANSFER -1 1', 'partition is neither a number nor ALL'],
    ['TRANSFER x 1', 'partition is neither a number nor ALL'],
  ])('%s is refused', async ([line = '', text]) => {
    const server = serverOf();
    expect(await server.connect().ask(`FENCEPOST ${line}`)).toBe(`-ERR ${text}\r\n`);
    expect(server.asked).toEqual([]);
  });
});

describe('a change that takes long', () => {
  test('is answered when it is done, and later requests of the session wait for it', async () => {
    const server = serverOf();
    const client = server.connect();
    const other = server.connect();
    client.send('PING\r\nFENCEPOST PROMOTE 2\r\nPING\r\n');
    expect(await client.read('+PONG\r\n')).toBe('+PONG\r\n');
    await expect.poll(() => server.asked.length).toBe(1);
    expect(await other.ask('PING')).toBe('+PONG\r\n');
    expect(client.received).toBe('');
    server.asked[0]?.done(OK);
    expect(await client.read('+OK\r\n+PONG\r\n')).toBe('+OK\r\n+PONG\r\n');
  });

  test('may end in an error, and a second answer changes nothing', async () => {
    const server = serverOf();
    const client = server.connect();
    client.send('FENCEPOST REMOVE 3\r\n');
    await expect.poll(() => server.asked.length).toBe(1);
    server.asked[0]?.done(error('ERR the majority of partition 1 does not answer'));
    server.asked[0]?.done(OK);
    client.send('PING\r\n');
    const wanted = '-ERR the majority of partition 1 does not answer\r\n+PONG\r\n';
    expect(await client.read(wanted)).toBe(wanted);
  });

  test('goes on when its session ends, and its answer is dropped', async () => {
    const server = serverOf();
    const client = server.connect();
    client.send('FENCEPOST ADD 4 10.0.0.4:17379\r\n');
    await expect.poll(() => server.asked.length).toBe(1);
    client.session.destroy();
    server.asked[0]?.done(OK);
    expect(await client.readToEnd()).toBe('');
    expect(await server.connect().ask('PING')).toBe('+PONG\r\n');
  });
});

describe('FENCEPOST as a command', () => {
  test('is for operators: an admin command, with help and documentation', async () => {
    const client = serverOf().connect();
    expect(await client.ask('FENCEPOST HELP')).toContain('+ADD <node-id> <host:port>\r\n');
    const info = await client.ask('COMMAND INFO fencepost|transfer');
    expect(info).toContain('$18\r\nfencepost|transfer\r\n:4\r\n');
    expect(info).toContain('+admin\r\n');
    expect(await client.ask('COMMAND DOCS fencepost')).toContain('fencepost|promote');
  });

  test('takes part in no transaction', async () => {
    const client = serverOf().connect();
    client.send('MULTI\r\nFENCEPOST STATUS\r\nEXEC\r\n');
    const replies = await client.readUntil((text) => text.includes('EXECABORT'));
    expect(replies).toMatch(/^\+OK\r\n-ERR Command not allowed inside a transaction\r\n-EXECABORT/);
  });
});
