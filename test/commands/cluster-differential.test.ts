import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RawConnection } from '../../harness/raw-connection.ts';
import { redisIsMissing, type ServerProcess, startServer } from '../../harness/server-process.ts';
import {
  type ClusterGroup,
  type ClusterView,
  slotRangeOf,
} from '../../src/commands/cluster-view.ts';
import { ClusterServer, groupsOf, nodeOf, viewOf } from './cluster-server.ts';

/*
 * The replies of CLUSTER beside those of redis-server in cluster mode: byte for byte once the ids
 * of nodes are put aside, and their addresses where the two cannot have the same.
 */

const withoutIds = (reply: string): string => reply.replace(/[0-9a-f]{40}/g, '<id>');

/** What stays when addresses, offsets, events and times are put aside: names, marks, lengths. */
function shapeOf(reply: string): string {
  return withoutIds(reply)
    .replace(/\$\d+\r\n[0-9.]*\r\n/g, '<host>')
    .replace(/\$\d\r\nrw?\r\n/g, '<events>')
    .replace(/:\d+\r\n/g, '<number>');
}

/** One node that has every slot, at the address that redis-server knows of itself: a port. */
function viewLike({ port }: ServerProcess): ClusterView {
  const group: Partial<ClusterGroup> = { term: 0, commit: 0, voters: [1], ...slotRangeOf(1, 1) };
  const groups = groupsOf([1, 1], group).slice(1);
  const node = { clientHost: '', clientPort: port, peerAddress: `:${port + 10_000}` };
  return viewOf(groups, { nodes: [nodeOf(1, node)] });
}

const forOneNode = [
  'SLOTS',
  'SHARDS',
  'NODES',
  'INFO',
  'LINKS',
  'MYID',
  'SAVECONFIG',
  'KEYSLOT {a}b',
  'KEYSLOT a b',
  'COUNTKEYSINSLOT 15495',
  'COUNTKEYSINSLOT 16384',
  'COUNTKEYSINSLOT -1',
  'COUNTKEYSINSLOT x',
  'GETKEYSINSLOT 15495 1',
  'GETKEYSINSLOT 15495 9',
  'GETKEYSINSLOT 15495 0',
  'GETKEYSINSLOT 15495 -1',
  'GETKEYSINSLOT 15495 x',
  'GETKEYSINSLOT 16384 1',
  'GETKEYSINSLOT 1',
  'REPLICAS x',
  'SLAVES x',
  'COUNT-FAILURE-REPORTS x',
  'NOTHING',
].map((line) => `CLUSTER ${line}`);

const around = ['SET a 1', 'READONLY', 'READWRITE', 'ASKING', 'READONLY x', 'INFO cluster'];

describe.skipIf(redisIsMissing)('beside redis-server in cluster mode', () => {
  const servers: ServerProcess[] = [];
  const connections: RawConnection[] = [];

  beforeAll(async () => {
    for (let count = 0; count < 2; count += 1) {
      const args = ['--cluster-enabled', 'yes'];
      const server = await startServer({ kind: 'redis', args });
      servers.push(server);
      connections.push(await RawConnection.open(server.port));
    }
    const slots = ['CLUSTER', 'ADDSLOTSRANGE', '0', '16383'];
    expect(await first().askOne(...slots)).toBe('+OK\r\n');
  });

  afterAll(async () => {
    for (const connection of connections) connection.close();
    await Promise.all(servers.map((server) => server.stop()));
  });

  function first(): RawConnection {
    const [connection] = connections;
    if (connection === undefined) throw new Error('redis-server has not started');
    return connection;
  }

  test.for([2, 3])('one node says the same in RESP%i', async (protocol) => {
    const [server] = servers;
    if (server === undefined) throw new Error('redis-server has not started');
    await expect
      .poll(() => first().askOne('CLUSTER', 'INFO'), { timeout: 20_000 })
      .toContain('cluster_state:ok');
    const own = new ClusterServer(viewLike(server)).connect();
    await first().askOne('HELLO', String(protocol));
    await own.ask(`HELLO ${protocol}`);
    for (const line of [...around, ...forOneNode]) {
      const theirs = await first().askOne(...line.split(' '));
      expect(withoutIds(await own.ask(line)), line).toBe(withoutIds(theirs));
    }
    await first().askOne('HELLO', '2');
  });

  test.for([2, 3])(
    'a node with a replica and links has the same shape in RESP%i',
    async (protocol) => {
      const [master, replica] = servers;
      const [, second] = connections;
      if (master === undefined || replica === undefined) throw new Error('there are two servers');
      const id = (await first().askOne('CLUSTER', 'MYID')).split('\r\n')[1] ?? '';
      await second?.askOne('CLUSTER', 'MEET', '127.0.0.1', String(master.port));
      await expect.poll(() => second?.askOne('CLUSTER', 'NODES')).toContain(`${id} 127.0.0.1`);
      await expect
        .poll(() => second?.askOne('CLUSTER', 'REPLICATE', id), { timeout: 20_000 })
        .toBe('+OK\r\n');
      await first().askOne('HELLO', String(protocol));
      const isComplete = (reply: string): boolean => reply.match(/[0-9a-f]{40}/g)?.length === 2;
      const theirs = async (subcommand: string): Promise<string> => {
        let reply = '';
        const tryIt = async () => {
          reply = await first().askOne('CLUSTER', subcommand);
          return isComplete(reply);
        };
        await expect.poll(tryIt, { timeout: 30_000, interval: 100 }).toBe(true);
        return reply;
      };
      const nodes = [1, 2].map((nodeId) => nodeOf(nodeId, { clientHost: '127.0.0.1' }));
      const groups = groupsOf([1, 1], { voters: [1, 2] });
      const own = new ClusterServer(viewOf(groups, { nodes })).connect();
      await own.ask(`HELLO ${protocol}`);
      for (const subcommand of ['SLOTS', 'LINKS']) {
        const wanted = shapeOf(await theirs(subcommand));
        expect(shapeOf(await own.ask(`CLUSTER ${subcommand}`)), subcommand).toBe(wanted);
      }
      await first().askOne('HELLO', '2');
    },
  );
});
