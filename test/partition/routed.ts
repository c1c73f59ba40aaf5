import { createHash } from 'node:crypto';
import { assert } from '../../src/base/assert.ts';
import type { ByteString } from '../../src/base/byte-string.ts';
import { Prng } from '../../src/base/prng.ts';
import { createCommandTable } from '../../src/commands/command-table.ts';
import type { ServerPort } from '../../src/commands/server-port.ts';
import type { QueuedCommand, SessionPort } from '../../src/commands/session-port.ts';
import { allCommands } from '../../src/commands/table.ts';
import { Base } from '../../src/keyspace/base.ts';
import { Keyspace } from '../../src/keyspace/keyspace.ts';
import { tokenOf } from '../../src/keyspace/lease.ts';
import type { Outcome } from '../../src/partition/outcome.ts';
import { Partition } from '../../src/partition/partition.ts';
import { Router } from '../../src/partition/router.ts';
import { Raft } from '../../src/raft/raft.ts';
import { indexOf, NOBODY, replicaIdOf, termOf } from '../../src/raft/types.ts';

const self = replicaIdOf(2 ** 20 + 1);
const commands = createCommandTable(allCommands);
const sha1Hex = (bytes: ByteString): ByteString =>
  createHash('sha1').update(Buffer.from(bytes, 'latin1')).digest('hex');
/** `as`: what the commands of these tests ask a server for, and no more. */
const server = {
  redisVersion: '7.0.15',
  sha1Hex,
  log: () => undefined,
  subscriptions: { receiverCount: () => 0 },
} as unknown as ServerPort;

/** `as`: what router and commands ask a session for, and no more. */
export function openSession(): SessionPort {
  return { db: 0, protocol: 2, watchedKeys: [] as SessionPort['watchedKeys'] } as SessionPort;
}

/** A router over partitions that lead, each with a disk that completes when the test says so. */
export class Routed {
  readonly partitions: readonly Partition[];
  readonly router: Router;
  readonly session = openSession();

  constructor(partitionCount: number) {
    this.partitions = Array.from({ length: partitionCount + 1 }, (_, id) => leaderless(id));
    this.router = new Router({
      partitions: this.partitions,
      commands,
      server,
      wallMs: () => 0,
      beginTurn: () => undefined,
    });
  }

  lead(): this {
    for (const { raft } of this.partitions) raft.campaign();
    this.settle();
    return this;
  }

  run(...args: ByteString[]): Outcome {
    const { command } = queued(args);
    return this.router.execute(this.session, command, args);
  }

  /** The arguments are words without blanks: `say('SET a b')`. */
  say(line: string): Outcome {
    return this.run(...line.split(' '));
  }

  transaction(...lines: readonly string[]): Outcome {
    const queue = lines.map((line) => queued(line.split(' ')));
    return this.router.executeTransaction(this.session, queue);
  }

  /** Ends the turn and syncs the disk of one partition, or of all of them. */
  settle(only?: number): void {
    for (const partition of this.partitions) partition.endTurn();
    for (const partition of this.partitions) {
      if (only === undefined || partition.id === only) settle(partition);
    }
  }
}

function queued(args: readonly ByteString[]): QueuedCommand {
  const command = commands.find(args);
  assert(command !== undefined, 'the tests name commands that exist');
  return { command, args };
}

function leaderless(id: number): Partition {
  const start = { index: indexOf(0), term: termOf(0), timeMs: 0 };
  const raft = new Raft({
    self,
    configuration: { voters: [self], outgoing: [], learners: [] },
    hardState: { term: termOf(0), votedFor: NOBODY },
    snapshot: start,
    entries: [],
    electionTimeoutTicks: 10,
    heartbeatTicks: 1,
    prng: new Prng(1),
  });
  return new Partition({
    id,
    raft,
    keyspace: new Keyspace(new Base(16), { leaseGuardPercent: 0 }),
    appliedIndex: start.index,
    appliedTerm: start.term,
    appliedTimeMs: start.timeMs,
    monotonicMs: 0,
    graceMs: 0,
    lostToken: tokenOf(0),
    onPublish: () => undefined,
  });
}

function settle(partition: Partition): void {
  const { raft } = partition;
  while (raft.hasOutput) {
    const output = raft.takeOutput();
    const last = output.entries.at(-1);
    partition.noteAppended(output.entries);
    partition.advance(output);
    if (output.hardState !== undefined) raft.saved(output.hardState);
    if (last !== undefined) raft.appended(last.index, last.term);
  }
}
