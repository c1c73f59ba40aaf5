import type { Reply } from '../src/resp/reply.ts';
import { requestOf } from './operation.ts';
import { sha1Hex } from './sim-server.ts';
import { Violation } from './violation.ts';
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
  const { nodes, scheduler, replies } = world;
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
    for (const { nodeId, process } of nodes) {
      const applied = process?.partitions?.[partition]?.appliedIndex ?? 0;
      if (applied + lagEntries >= committedIndex) continue;
      const where = `node ${nodeId}, partition ${partition}`;
      throw new Violation(
        'replicas catch up after faults end',
        `${where} has applied ${applied} of ${committedIndex}`,
      );
    }
  }
}

/** Entries of log time that may be under way at any moment. */
const lagEntries = 2;
