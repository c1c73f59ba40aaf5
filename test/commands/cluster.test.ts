import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { slotMapOf } from '../../src/commands/cluster-map.ts';
import { type ClusterView, slotRangeOf } from '../../src/commands/cluster-view.ts';
import { partitionOfSlot, SLOT_COUNT, slotOf } from '../../src/keyspace/slot.ts';
import { seedOf } from '../seed.ts';
import { ClusterServer, clusterId, groupsOf, nodeOf, viewOf } from './cluster-server.ts';

const seed = seedOf();

function idOf(nodeId: number): string {
  return createHash('sha1').update(`${clusterId}:${nodeId}`).digest('hex');
}

function ask(view: ClusterView | undefined, ...lines: readonly string[]): Promise<string[]> {
  const client = new ClusterServer(view).connect();
  return lines.reduce<Promise<string[]>>(
    async (before, line) => [...(await before), await client.ask(line)],
    Promise.resolve([]),
  );
}

async function askOne(view: ClusterView | undefined, line: string): Promise<string> {
  const [reply = ''] = await ask(view, line);
  return reply;
}

/** The text of a bulk string. */
function textOf(reply: string): string {
  return reply.replace(/^\$\d+\r\n/, '').replace(/\r\n$/, '');
}

describe('the map of slots', () => {
  test('each slot is shown once, at the leader of its partition if that can be reached', () => {
    const nodeIds = [1, 2, 3, 4, 5];
    const group = fc.record({ leader: fc.integer({ min: 0, max: 5 }) });
    const property = fc.property(
      fc.array(group, { minLength: 2, maxLength: 70 }),
      fc.subarray([2, 3, 4, 5]),
      fc.constantFrom(...nodeIds),
      (groups, dead, self) => {
        const silent = dead.filter((nodeId) => nodeId !== self);
        const nodes = nodeIds.map((id) => nodeOf(id, { alive: !silent.includes(id) }));
        const leaders = groups.map(({ leader }) => leader);
        const map = slotMapOf(viewOf(groupsOf(leaders, { voters: nodeIds }), { self, nodes }));
        let slot = 0;
        for (const { first, last, owner, replicas } of map) {
          expect(first).toBe(slot);
          for (; slot <= last; slot += 1) {
            const leader = leaders[partitionOfSlot(slot, leaders.length - 1)] ?? 0;
            const reachable = leader !== 0 && !silent.includes(leader);
            if (owner.nodeId !== (reachable ? leader : self)) expect.fail(`slot ${slot}`);
          }
          const owners = new Set(map.map((range) => range.owner));
          const shown = [...owners, ...replicas].map(({ nodeId }) => nodeId).sort();
          expect(shown).toEqual(nodeIds.filter((id) => !silent.includes(id)));
        }
        expect(slot).toBe(SLOT_COUNT);
      },
    );
    fc.assert(property, { seed, numRuns: 40 });
  });

  test('the ranges of partitions are those that keys are routed by', () => {
    for (const count of [1, 2, 3, 7, 64, 1000]) {
      for (let partition = 1; partition <= count; partition += 1) {
        const { firstSlot, lastSlot } = slotRangeOf(partition, count);
        expect(partitionOfSlot(firstSlot, count)).toBe(partition);
        expect(partitionOfSlot(lastSlot, count)).toBe(partition);
      }
    }
    expect(slotRangeOf(0, 3)).toEqual({ firstSlot: -1, lastSlot: -1 });
  });
});

describe('CLUSTER in a cluster', () => {
  const view = viewOf(groupsOf([1, 2, 2, 1, 3]));

  const slotsNode = (id: number) =>
    `*4\r\n$8\r\n10.0.0.${id}\r\n:${7000 + id}\r\n$40\r\n${idOf(id)}\r\n*0\r\n`;

  test('SLOTS joins neighbours with one leader', async () => {
    expect(await askOne(view, 'CLUSTER SLOTS')).toBe(
      [
        `*3\r\n*3\r\n:0\r\n:8191\r\n${slotsNode(2)}`,
        `*3\r\n:8192\r\n:12287\r\n${slotsNode(1)}`,
        `*3\r\n:12288\r\n:16383\r\n${slotsNode(3)}`,
      ].join(''),
    );
  });

  test('SLOTS names a node that leads nothing as a replica, and no leader as one', async () => {
    const node = slotsNode;
    expect(await askOne(viewOf(groupsOf([3, 2, 1])), 'CLUSTER SLOTS')).toBe(
      [
        `*2\r\n*4\r\n:0\r\n:8191\r\n${node(2)}${node(3)}`,
        `*4\r\n:8192\r\n:16383\r\n${node(1)}${node(3)}`,
      ].join(''),
    );
    expect(await askOne(viewOf(groupsOf([1, 2])), 'CLUSTER SLOTS')).toBe(
      `*1\r\n*5\r\n:0\r\n:16383\r\n${node(2)}${node(1)}${node(3)}`,
    );
  });

  test('SLOTS keeps neighbours apart whose leaders differ, even without other voters', async () => {
    const groups = groupsOf([1, 1, 2]).map((group) => ({ ...group, voters: [group.leader] }));
    const reply = await askOne(viewOf(groups), 'CLUSTER SLOTS');
    expect(reply).toMatch(/^\*2\r\n\*3\r\n:0\r\n:8191\r\n/);
    expect(reply.indexOf(idOf(2))).toBeGreaterThan(reply.indexOf(idOf(1)));
  });

  test('SLOTS leaves out nodes that are silent, that learn, or that nobody has heard', async () => {
    const unheard = nodeOf(3, { clientHost: '', clientPort: 0 });
    const nodes = [nodeOf(1), nodeOf(2, { alive: false }), unheard, nodeOf(4)];
    const groups = groupsOf([1, 1], { learners: [4] });
    const reply = await askOne(viewOf(groups, { nodes }), 'CLUSTER SLOTS');
    expect(reply).toContain(idOf(1));
    for (const id of [2, 3, 4]) expect(reply).not.toContain(idOf(id));
  });

  test('a node that was removed tells of the others, and never of itself', async () => {
    const groups = groupsOf([2, 2, 0], { voters: [2, 3] });
    const removed = viewOf(groups, { self: 1, nodes: [nodeOf(2), nodeOf(3)] });
    const [slots = '', nodes = '', info, shards] = await ask(
      removed,
      ...['SLOTS', 'NODES', 'INFO', 'SHARDS', 'MYID'].map((each) => `CLUSTER ${each}`),
    );
    expect(slots).toMatch(/^\*1\r\n\*4\r\n:0\r\n:16383\r\n\*4\r\n\$8\r\n10\.0\.0\.2\r\n/);
    for (const reply of [slots, nodes, shards]) expect(reply).not.toContain(idOf(1));
    expect(nodes).toContain(idOf(3));
    expect(info).toContain('cluster_state:fail\r\n');
    const nobody = viewOf(groups, { nodes: [] });
    const lines = ['SLOTS', 'NODES', 'INFO', 'SHARDS'].map((each) => `CLUSTER ${each}`);
    expect((await ask(nobody, ...lines))[0]).toBe('*0\r\n');
  });

  test('NODES lists every node with its slots, its state and the newest term it led', async () => {
    const nodes = [
      nodeOf(1),
      nodeOf(2, { alive: false }),
      nodeOf(3),
      nodeOf(4, { clientHost: '', clientPort: 0, alive: false }),
    ];
    const seen = viewOf(groupsOf([1, 2, 1, 3]), { self: 3, nodes });
    expect(textOf(await askOne(seen, 'CLUSTER NODES'))).toBe(
      [
        `${idOf(1)} 10.0.0.1:7001@17379 master - 0 0 7 connected 5462-10922\n`,
        `${idOf(2)} 10.0.0.2:7002@17379 master,fail? - 0 0 6 disconnected\n`,
        `${idOf(3)} 10.0.0.3:7003@17379 myself,master - 0 0 8 connected 0-5461 10923-16383\n`,
        `${idOf(4)} :0@17379 master,fail?,noaddr - 0 0 0 disconnected\n`,
      ].join(''),
    );
  });

  test('INFO counts slots by what is known of their leaders', async () => {
    const nodes = [nodeOf(1), nodeOf(2), nodeOf(3, { alive: false })];
    const reply = textOf(
      await askOne(viewOf(groupsOf([1, 0, 1, 3, 2]), { nodes }), 'CLUSTER INFO'),
    );
    expect(reply.split('\r\n')).toEqual(
      expect.arrayContaining([
        'cluster_state:fail',
        'cluster_slots_assigned:16384',
        'cluster_slots_ok:8192',
        'cluster_slots_pfail:4096',
        'cluster_slots_fail:4096',
        'cluster_known_nodes:3',
        'cluster_current_epoch:9',
        'cluster_my_epoch:7',
      ]),
    );
    expect(await askOne(view, 'CLUSTER INFO')).toContain('cluster_state:ok\r\n');
  });

  test('INFO tells of a failure when only the group without slots has no leader', async () => {
    const reply = await askOne(viewOf(groupsOf([0, 1])), 'CLUSTER INFO');
    expect(reply).toContain('cluster_state:fail\r\n');
    expect(reply).toContain('cluster_slots_ok:16384\r\n');
  });

  test('SHARDS has one shard for each node, with or without slots', async () => {
    const reply = await askOne(viewOf(groupsOf([1, 1, 2])), 'CLUSTER SHARDS');
    expect(reply.match(/\$5\r\nslots/g)).toHaveLength(3);
    expect(reply).toContain('$5\r\nslots\r\n*2\r\n:0\r\n:8191\r\n');
    expect(reply).toContain('$5\r\nslots\r\n*0\r\n');
    expect(reply).toContain(`${idOf(2)}\r\n$4\r\nport\r\n:7002\r\n$2\r\nip\r\n$8\r\n10.0.0.2`);
    expect(reply.match(/\$6\r\nmaster/g)).toHaveLength(3);
    // The leader of the first partition, and the node that leads none.
    expect(reply.match(/replication-offset\r\n:101\r\n/g)).toHaveLength(2);
    expect(reply.match(/\$7\r\nreplica/g)).toHaveLength(2);
  });

  test('every node tells the same ids, its own by MYID', async () => {
    for (const self of [1, 2, 3]) {
      const [myid, nodes = ''] = await ask(
        viewOf(groupsOf([1, 1]), { self }),
        'CLUSTER MYID',
        'CLUSTER NODES',
      );
      expect(myid).toBe(`$40\r\n${idOf(self)}\r\n`);
      expect(nodes).toContain(`${idOf(self)} 10.0.0.${self}:${7000 + self}@17379 myself,master`);
      for (const id of [1, 2, 3]) expect(nodes).toContain(idOf(id));
    }
  });

  test('KEYSLOT, COUNTKEYSINSLOT and GETKEYSINSLOT agree on where keys lie', async () => {
    const slot = slotOf('{tag}a');
    const lines = ['SET {tag}a 1', 'SET {tag}b 2', 'SET other 3', 'CLUSTER KEYSLOT {tag}x'];
    const counts = [`CLUSTER COUNTKEYSINSLOT ${slot}`, `CLUSTER GETKEYSINSLOT ${slot} 9`];
    const more = [`CLUSTER GETKEYSINSLOT ${slot} 1`, `CLUSTER GETKEYSINSLOT ${slot} 0`];
    const replies = await ask(view, ...lines, ...counts, ...more);
    expect(replies.slice(3)).toEqual([
      `:${slot}\r\n`,
      ':2\r\n',
      '*2\r\n$6\r\n{tag}a\r\n$6\r\n{tag}b\r\n',
      '*1\r\n$6\r\n{tag}a\r\n',
      '*0\r\n',
    ]);
  });

  test('READONLY, READWRITE and ASKING answer OK', async () => {
    const replies = await ask(view, 'READONLY', 'READWRITE', 'ASKING', 'CLUSTER SAVECONFIG');
    expect(new Set(replies)).toEqual(new Set(['+OK\r\n']));
  });

  test('what operators of Redis Cluster do is refused with the command that is meant', async () => {
    expect(await askOne(view, 'CLUSTER MEET 10.0.0.9 7000')).toBe(
      '-ERR CLUSTER MEET does nothing here: ' +
        'FENCEPOST ADD, PROMOTE and REMOVE change the members\r\n',
    );
    expect(await askOne(view, 'CLUSTER FAILOVER')).toContain('FENCEPOST TRANSFER');
    expect(await askOne(view, `CLUSTER REPLICAS ${idOf(2)}`)).toBe('*0\r\n');
    expect(await askOne(view, 'CLUSTER REPLICAS x')).toBe('-ERR Unknown node x\r\n');
    expect(await askOne(view, 'CLUSTER HELP')).toContain('+SHARDS\r\n');
  });

  test('databases other than 0 stay usable, which Redis Cluster does not have', async () => {
    expect(await ask(view, 'SELECT 3', 'SET k v', 'GET k')).toEqual([
      '+OK\r\n',
      '+OK\r\n',
      '$1\r\nv\r\n',
    ]);
  });

  test('HELLO, INFO and CONFIG GET say that this is a cluster', async () => {
    const [hello, server, section, setting] = await ask(
      view,
      'HELLO 2',
      'INFO server',
      'INFO cluster',
      'CONFIG GET cluster-enabled',
    );
    expect(hello).toContain('$4\r\nmode\r\n$7\r\ncluster\r\n');
    expect(server).toContain('redis_mode:cluster\r\n');
    expect(section).toContain('cluster_enabled:1\r\n');
    expect(setting).toContain('$3\r\nyes\r\n');
  });

  test('INFO raft has one line for each partition', async () => {
    const [reply = '', all = '', usual] = await ask(view, 'INFO raft', 'INFO all', 'INFO');
    expect(textOf(reply)).toBe(
      [
        '# Raft\r\n',
        'partition0:leader=1,role=leader,term=5,commit=100,applied=99\r\n',
        'partition1:leader=2,role=follower,term=6,commit=101,applied=100\r\n',
        'partition2:leader=2,role=follower,term=7,commit=102,applied=101\r\n',
        'partition3:leader=1,role=leader,term=8,commit=103,applied=102\r\n',
        'partition4:leader=3,role=follower,term=9,commit=104,applied=103\r\n',
      ].join(''),
    );
    expect(all).toContain('# Raft\r\n');
    expect(usual).not.toContain('# Raft\r\n');
  });
});

describe('CLUSTER on a node that runs alone', () => {
  test('is disabled, as in a Redis without cluster mode', async () => {
    const disabled = '-ERR This instance has cluster support disabled\r\n';
    const lines = ['SLOTS', 'SHARDS', 'NODES', 'INFO', 'MYID', 'LINKS', 'HELP', 'KEYSLOT k'];
    const more = ['COUNTKEYSINSLOT 1', 'GETKEYSINSLOT 1 1', 'MEET a 1', 'REPLICAS x'];
    const commands = [...lines, ...more].map((line) => `CLUSTER ${line}`);
    const replies = await ask(undefined, ...commands, 'READONLY', 'ASKING', 'READWRITE');
    expect(new Set(replies)).toEqual(new Set([disabled]));
  });

  test('INFO says so, and INFO raft shows it as the leader of all partitions', async () => {
    const [server, section, raft = '', setting] = await ask(
      undefined,
      'INFO server',
      'INFO cluster',
      'INFO raft',
      'CONFIG GET cluster-enabled',
    );
    expect(server).toContain('redis_mode:standalone\r\n');
    expect(section).toContain('cluster_enabled:0\r\n');
    expect(setting).toContain('$2\r\nno\r\n');
    const lines = [0, 1, 2].map(
      (id) => `partition${id}:leader=1,role=leader,term=3,commit=8,applied=8\r\n`,
    );
    expect(textOf(raft)).toBe(`# Raft\r\n${lines.join('')}`);
  });
});
