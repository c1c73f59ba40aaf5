import { describe, expect, test } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import type { ClusterPort } from '../../src/partition/cluster-port.ts';
import { Outcome } from '../../src/partition/outcome.ts';
import type { Place, Placement } from '../../src/partition/placement.ts';
import { RequestReceiver } from '../../src/partition/request-receiver.ts';
import { decodeResponse } from '../../src/partition/response-codec.ts';
import type { ScriptGate } from '../../src/partition/script-gate.ts';
import { integer } from '../../src/resp/reply.ts';
import { SmallCluster, shown, tickMs } from './small-cluster.ts';

/** A leader in term 7 that runs whatever it is asked for, and waits. */
function leader() {
  const answers: string[] = [];
  const outcomes: Outcome[] = [];
  // `as`: the receiver asks no more than this of its partition, its node and the scripts.
  const raft = { isLeader: true, term: 7 };
  const partition = { id: 1, servingTerm: 7, full: false, raft };
  const place = { partition } as unknown as Place;
  const meta = { partition: { scriptsIndex: 0 } };
  const cluster = {
    leaderOf: () => 1,
    sendReply: (_nodeId: number, body: Buffer) => answers.push(decodeResponse(body).answer.kind),
  };
  const receiver = new RequestReceiver({
    cluster: cluster as unknown as ClusterPort,
    placement: { find: () => place, meta } as unknown as Placement,
    gate: { mayRun: () => true } as unknown as ScriptGate,
    run: () => {
      const outcome = new Outcome(integer(1), 1);
      outcomes.push(outcome);
      return outcome;
    },
    forgetNode: () => undefined,
    nowMs: () => 0,
  });
  const ask = (id: number): Outcome | undefined => {
    const work = { kind: 'unwatch', sessionId: 1 } as const;
    receiver.receive(2, { startId: 'one', id, partition: 1, term: 7, metaIndex: 0, work });
    return outcomes.at(-1);
  };
  return { ask, answers, outcomes };
}

test('a request that takes too long is left to the node that asked; the leader is not lost', () => {
  const { ask, answers } = leader();
  ask(1)?.lose('late', 'no majority answered in time');
  expect(answers).toEqual([]);
  ask(2)?.release();
  expect(answers).toEqual(['done']);
});

test('a request that was dropped runs again as long as the leader leads', () => {
  const { ask, answers, outcomes } = leader();
  ask(1)?.lose('dropped', 'the leader was lost');
  expect(answers).toEqual([]);
  ask(2);
  expect(outcomes.length).toBe(1);
});

test('a request whose entry may be lost is lost', () => {
  const { ask, answers } = leader();
  ask(1)?.lose('unknown', 'the leader was lost');
  expect(answers).toEqual(['lost']);
});

describe('a reply that no link takes', () => {
  test('is an error for whoever asked, and everybody else is answered', () => {
    const cluster = new SmallCluster().lead(1);
    const value = 'v'.repeat(limits.peerPieceBytesMax);
    cluster.node(1).open().run('SET', 'large', value);
    cluster.settle();
    cluster.replyBytesMax = limits.peerPieceBytesMax;
    const lines = ['APPEND k 1', 'GET large', 'GET k', 'GETSET large small', 'GET large'];
    const outcomes = lines.map((line) => cluster.node(2).open().say(line));
    cluster.settle();
    const tooLarge = expect.stringMatching(/^ERR the command was run, but its reply is too large/);
    expect(outcomes.map(shown)).toEqual([1, tooLarge, '1', tooLarge, 'small']);
  });

  test('is not encoded: one MGET may name a large value thousands of times', () => {
    const cluster = new SmallCluster().lead(1);
    const { valueBytesMax, peerReplyQueueBytesMax } = limits;
    cluster.node(1).open().run('SET', 'large', 'v'.repeat(valueBytesMax));
    cluster.settle();
    const names = Array.from({ length: peerReplyQueueBytesMax / valueBytesMax }, () => 'large');
    const outcome = cluster
      .node(2)
      .open()
      .run('MGET', ...names);
    cluster.settle();
    expect(shown(outcome)).toMatch(/^ERR the command was run, but its reply is too large/);
  });

  test('is lost like any other if the link takes nothing at all', () => {
    const cluster = new SmallCluster().lead(1);
    cluster.replyBytesMax = 0;
    const outcome = cluster.node(2).open().say('APPEND k 1');
    cluster.settle();
    cluster.replyBytesMax = Number.POSITIVE_INFINITY;
    cluster.run(4 * tickMs);
    expect(shown(outcome)).toMatch(/^UNCERTAIN /);
  });
});
