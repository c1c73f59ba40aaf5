import type { Mutant } from './mutant.ts';

/**
 * Broken cores, each of which the randomized cluster must catch. What it cannot produce often
 * enough is shown broken by a test of its rule instead, as AppendEntries 5 of Figure 3.1. More in
 * `membership-mutants.ts`.
 */
export const mutants: readonly Mutant[] = [
  {
    name: 'B1: messages leave before the hard state is on disk',
    edits: [
      {
        file: 'replica.ts',
        find: 'this.hardState.isDurable ? this.messages : this.heldMessages',
        replace: 'this.messages',
      },
    ],
  },
  {
    name: 'B1: the own vote counts early, and votes are asked for before it is on disk',
    edits: [
      {
        file: 'replica.ts',
        find: 'this.hardState.isDurable ? this.messages : this.heldMessages',
        replace: 'this.messages',
      },
      {
        file: 'election.ts',
        find: '  becomeCandidate(replica);\n',
        replace: '  becomeCandidate(replica);\n  recordVote(replica, replica.self, true);\n',
      },
      {
        file: 'roles.ts',
        find: "  assert(replica.hardState.isDurable, 'a leader has its own vote on disk');\n",
        replace: '',
      },
    ],
  },
  {
    name: 'B2: who voted in a higher term goes on to accept the old leader',
    edits: [
      {
        file: 'step.ts',
        find: 'if (message.term < replica.term) {',
        replace: "if (message.term < replica.term && message.kind !== 'append-entries') {",
      },
      {
        file: 'following.ts',
        find: 'const next: Following = { leader, session,',
        replace: 'const next: Following & { term: Term } = { term, leader, session,',
      },
      {
        file: 'following.ts',
        find: 'leader: ReplicaId, session: number',
        replace: 'leader: ReplicaId, session: number, term: Term',
      },
      {
        file: 'following.ts',
        find: 'followSession(replica, from, session)',
        replace: 'followSession(replica, from, session, message.term)',
      },
      {
        file: 'following.ts',
        find: 'const { leader, session } = following;',
        replace: 'const { leader, session, term } = following as Following & { term: Term };',
      },
      {
        file: 'following.ts',
        find: 'const { following, durability, term } = replica;',
        replace: 'const { following, durability } = replica;',
      },
      { file: 'following.ts', find: 'type Index,', replace: 'type Index, type Term,' },
      {
        file: 'following.ts',
        find: 'assert(replica.leader === NOBODY || replica.leader === from,',
        replace: 'assert(from !== NOBODY,',
      },
      {
        file: 'following.ts',
        find: '  replica.leader = from;\n',
        replace: '',
      },
    ],
  },
  {
    name: 'B4: an entry of an earlier term is committed by counting replicas',
    edits: [
      {
        file: 'commitment.ts',
        find: '  if (replica.log.findTerm(index) !== replica.term) return;\n',
        replace: '',
      },
    ],
  },
  {
    name: 'B5: reads are confirmed before an entry of the own term is committed',
    edits: [
      {
        file: 'raft.ts',
        find: 'leadership === undefined || !hasCommittedInTerm(this.#replica)',
        replace: 'leadership === undefined',
      },
    ],
  },
  {
    name: 'B7: an answer to an earlier heartbeat confirms a later read',
    seed: 384,
    edits: [
      {
        file: 'heartbeat.ts',
        find: 'peer.confirmedReadId = message.readId;',
        replace: 'peer.confirmedReadId = leadership.reads.latestStartedId;',
      },
      {
        file: 'heartbeat.ts',
        find: 'if (message.readId <= peer.confirmedReadId) return;',
        replace: '',
      },
    ],
  },
  {
    name: 'reads are confirmed without asking anybody (thesis 6.4, step 3)',
    edits: [
      {
        file: 'heartbeat.ts',
        find: ': (peers.get(voter)?.confirmedReadId ?? 0)',
        replace: ': reads.latestStartedId + 0 * peers.size',
      },
    ],
  },
  {
    name: 'B11: the leader counts its own log before the fsync',
    edits: [
      {
        file: 'commitment.ts',
        find: 'return replica.durability.durableIndex;',
        replace: 'return replica.log.lastIndex;',
      },
    ],
  },
  {
    name: 'B12: a write vouches for what was written over it',
    edits: [
      {
        file: 'durability.ts',
        find: 'if (write.validThrough > kept) write.validThrough = kept;',
        replace: 'if (kept < 0) write.validThrough = kept;',
      },
    ],
  },
  {
    name: 'a follower accepts what is not on its disk yet',
    edits: [
      {
        file: 'following.ts',
        find: 'Math.min(durability.durableIndex, following.matchIndex)',
        replace: 'Math.max(0 * durability.durableIndex, following.matchIndex)',
      },
      {
        file: 'following.ts',
        find: 'if (replica.durability.durableIndex >= matchIndex) replyAccepted(replica);',
        replace: 'replyAccepted(replica);',
      },
    ],
  },
  {
    name: 'B16: matching entries after previousIndex are cut',
    edits: [
      {
        file: 'following.ts',
        find: 'if (knownTerm === entry.term || entry.index <= log.baseIndex) continue;',
        replace: 'if (entry.index <= log.baseIndex) continue;',
      },
      {
        file: 'replica.ts',
        find: "    assert(index > this.commitIndex, 'a committed entry is never cut');\n",
        replace: '',
      },
      {
        file: 'following.ts',
        find: 'assert(entry.index > following.matchIndex,',
        replace: 'following.matchIndex = entry.index;\n  assert(entry.index > 0,',
      },
    ],
  },
  {
    name: 'B17: the longer log wins an election, whatever its last term',
    edits: [
      {
        file: 'log.ts',
        find: 'if (lastTerm !== this.#last.term) return lastTerm > this.#last.term;',
        replace: 'if (lastTerm < 0) return false;',
      },
    ],
  },
  {
    name: 'B17: the later last term wins an election, whatever the length',
    edits: [
      {
        file: 'log.ts',
        find: 'return lastIndex >= this.#last.index;',
        replace: 'return lastIndex >= 0;',
      },
    ],
  },
  {
    name: 'B18: a majority is one too few',
    edits: [
      {
        file: 'quorum.ts',
        find: 'return Math.floor(voterCount / 2) + 1;',
        replace: 'return Math.max(1, Math.floor(voterCount / 2));',
      },
    ],
  },
  {
    name: 'B18: learners count when entries are committed',
    edits: [
      {
        file: 'quorum.ts',
        find: 'const value = majorityValue(configuration.voters, valueIn);',
        replace:
          'const all = [...configuration.voters, ...configuration.learners];\n' +
          '  const values = all.map(valueIn).sort((left, right) => right - left);\n' +
          '  const value = values[majorityOf(configuration.voters.length) - 1] ?? 0;',
      },
    ],
  },
  {
    name: 'the term does not advance with a newer message (thesis 3.3)',
    edits: [
      {
        file: 'step.ts',
        find: '    becomeFollower(replica, message.term, NOBODY);\n',
        replace:
          "    if (message.kind !== 'heartbeat-reply' && message.kind !== 'stale-term') {\n" +
          '      becomeFollower(replica, message.term, NOBODY);\n    }\n',
      },
    ],
  },
  {
    name: 'B22: committed entries are handed out again after a turn without any',
    edits: [
      {
        file: 'raft.ts',
        find: '  replica.handedOutIndex = last;\n',
        replace: '  replica.handedOutIndex = indexOf(Math.max(first, last - 1));\n',
      },
    ],
  },
  {
    name: 'liveness: what was lost is not sent again',
    edits: [
      {
        file: 'heartbeat.ts',
        find: '  if (peer.takeStall()) resendAppend(replica, peer);\n',
        replace: '  if (peer.takeStall() && peer.nextIndex === 0) resendAppend(replica, peer);\n',
      },
    ],
  },
  {
    name: 'B9: a leader of an older term gets no answer',
    seed: 135,
    edits: [
      {
        file: 'step.ts',
        find: "      replica.send(from, { kind: 'stale-term', term });\n",
        replace: '',
      },
    ],
  },
];
