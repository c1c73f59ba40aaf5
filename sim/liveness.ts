import type { Base } from '../src/keyspace/base.ts';
import { nodeOf } from '../src/raft/types.ts';
import type { Reply } from '../src/resp/reply.ts';
import type { LeaseBook } from './lease-book.ts';
import { requestOf } from './operation.ts';
import type { SimNode } from './sim-node.ts';
import { sha1Hex } from './sim-server.ts';
import { check, Violation } from './violation.ts';
import type { World } from './world.ts';

/** Within so many ticks after the last fault the cluster has leaders again. */
const settleTicks = 600;
/** Within so many ticks a request is answered then, and replicas are equal. */
const answerTicks = 200;
const probeTtlMs = 60_000;

/**
 * The liveness phase: faults have ended, so within a bounded number of ticks every node grants a
 * lock of every partition, and afterwards every replica of a group has applied the same.
 */
export async function probe(world: World, advance: (ms: number) => Promise<void>): Promise<void> {
  await advance(settleTicks * world.profile.tickMs);
  world.stopClients();
  const { roster, scheduler, replies } = world;
  const nodes = roster.of('joining', 'member');
  const open = new Set<string>();
  for (const { nodeId, process } of nodes) {
    for (const key of world.probeKeys()) {
      const owner = `probe.${nodeId}`;
      const name = `${key} at node ${nodeId}`;
      const request = requestOf(
        { kind: 'acquire', key: `${key}.${nodeId}`, owner, ttlMs: probeTtlMs },
        'own',
        { sha1Hex },
      );
      const arrivedAtMicros = scheduler.nowMicros;
      open.add(name);
      process?.execute(world.newSession(), request.args, (reply: Reply) => {
        const span = { arrivedAtMicros, answeredAtMicros: scheduler.nowMicros };
        scheduler.after(0, () => {
          if (replies.judge(request, reply, span).kind === 'done') open.delete(name);
        });
      });
    }
  }
  await advance(answerTicks * world.profile.tickMs);
  if (open.size > 0) {
    throw new Violation('progress after faults end', `no grant of ${[...open].join(', ')}`);
  }
  for (const { partition, committedIndex } of world.groups) {
    checkMembers(partition, nodes);
    for (const { nodeId, process } of nodes) {
      const replica = process?.partitions?.[partition];
      const applied = replica?.appliedIndex ?? 0;
      const where = `node ${nodeId}, partition ${partition}`;
      check(applied + lagEntries >= committedIndex, 'replicas catch up after faults end', () => {
        return `${where} has applied ${applied} of ${committedIndex}`;
      });
      if (replica === undefined) continue;
      checkLeases(world.book, { partition, where, applied, base: replica.keyspace.base });
    }
  }
}

/** What operators asked for is there: these nodes vote, and nobody else does. */
function checkMembers(partition: number, nodes: readonly SimNode[]): void {
  const wanted = nodes.map(({ nodeId }) => nodeId);
  const replicas = nodes.map(({ process }) => process?.partitions?.[partition]?.raft);
  const leader = replicas.find((raft) => raft?.role === 'leader');
  // A node alone has no operators.
  if (nodes.length < 2) return;
  const { voters = [], outgoing = [], learners = [] } = leader?.configuration ?? {};
  const found = voters.map(nodeOf).sort((left, right) => left - right);
  const settled = outgoing.length === 0 && learners.length === 0;
  check(settled && found.join() === wanted.join(), 'changes of the members come to an end', () => {
    const others = [outgoing, learners].map((ids) => ids.map(nodeOf).join());
    const has = `voters ${found.join()}, outgoing ${others[0]}, learners ${others[1]}`;
    return `partition ${partition} has ${has}; not ${wanted.join()}`;
  });
}

/** Replicas, some of which never had the first entries, hold the leases of the log and no other. */
export function checkLeases(book: LeaseBook, seen: SeenLeases): void {
  const { partition, where, applied, base } = seen;
  for (const { db, key } of book.keysOf(partition)) {
    const wanted = book.leaseAt(db, key, applied);
    const found = base.find(db, key);
    const same =
      found?.value === wanted?.value &&
      found?.token === wanted?.token &&
      found?.expiresAtMs === wanted?.expiresAtMs;
    check(same, 'no lease is lost', () => {
      return `${where}: ${key} is held by ${found?.value}, by the log it is ${wanted?.value}`;
    });
  }
}

export interface SeenLeases {
  readonly partition: number;
  readonly where: string;
  readonly applied: number;
  readonly base: Pick<Base, 'find'>;
}

/** Entries of log time that may be under way at any moment. */
const lagEntries = 2;
