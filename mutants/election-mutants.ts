import type { Mutant } from './mutant.ts';

/** Terms, votes, elections, and who may answer reads. */
export const electionMutants: readonly Mutant[] = [
  {
    name: 'B1a',
    classId: 'B1',
    breaks: 'a new segment of the log does not repeat term and vote',
    edits: [
      {
        file: 'src/store/partition-tail.ts',
        from: 'return { partition, hardState, lastIndex, lastTerm, generation };',
        to: 'return { partition, hardState: undefined, lastIndex, lastTerm, generation };',
      },
    ],
  },
  {
    name: 'B1b',
    classId: 'B1',
    breaks: 'a vote leaves before it is on disk',
    nodes: 3,
    edits: [
      {
        file: 'src/raft/replica.ts',
        from: 'this.hardState.isDurable ? this.messages : this.heldMessages',
        to:
          "this.hardState.isDurable || message.kind === 'request-vote-reply'\n" +
          '            ? this.messages\n            : this.heldMessages',
      },
    ],
  },
  {
    name: 'B2',
    classId: 'B2',
    breaks: 'who voted in a higher term goes on to accept the old leader',
    catcher: 'core',
    edits: [
      {
        file: 'src/raft/step.ts',
        from: 'if (message.term < replica.term) {',
        to:
          "const isFree = replica.role === 'follower' && replica.leader === NOBODY;\n" +
          "    const accepts = isFree && message.kind === 'append-entries';\n" +
          '    if (message.term < replica.term && !accepts) {',
      },
      {
        file: 'src/raft/following.ts',
        from: 'hearLeader(replica, from);\n    // The log',
        to: 'if (message.term === replica.term) hearLeader(replica, from);\n    // The log',
      },
      {
        file: 'src/raft/following.ts',
        from: 'followSession(replica, from, session)',
        to: 'followSession(replica, from, session, message.term)',
      },
      {
        file: 'src/raft/following.ts',
        from: 'function followSession(replica, leader, session)',
        to: 'function followSession(replica, leader, session, term = replica.term)',
      },
      {
        file: 'src/raft/following.ts',
        from: 'following.session === session',
        to: 'following.session === session && following.leader === leader',
      },
      {
        file: 'src/raft/following.ts',
        from: 'const next = { leader, session,',
        to: 'const next = { term, leader, session,',
      },
      {
        file: 'src/raft/following.ts',
        from: 'const { following, durability, term } = replica;',
        to: 'const { following, durability } = replica;',
      },
      {
        file: 'src/raft/following.ts',
        from: 'const { leader, session } = following;',
        to: 'const { leader, session, term } = following;',
      },
    ],
  },
  {
    name: 'B5',
    classId: 'B5',
    breaks: 'a leader answers reads before an entry of its own term is committed',
    nodes: 3,
    edits: [
      {
        file: 'src/raft/raft.ts',
        from: 'leadership === undefined || !hasCommittedInTerm(this.#replica)',
        to: 'leadership === undefined',
      },
      {
        file: 'src/raft/raft.ts',
        from: 'return hasCommittedInTerm(this.#replica);',
        to: 'return this.#replica.leadership !== undefined;',
      },
      {
        file: 'src/partition/partition.ts',
        from: 'this.#appliedIndex < raft.lastIndex',
        to: 'this.#appliedIndex < raft.commitIndex',
      },
    ],
  },
  {
    name: 'B7',
    classId: 'B7',
    breaks: 'an answer to an earlier heartbeat confirms a later read',
    catcher: 'core',
    seed: 1290,
    edits: [
      {
        file: 'src/raft/heartbeat.ts',
        from: 'peer.confirmedReadId = message.readId;',
        to: 'peer.confirmedReadId = leadership.reads.latestStartedId;',
      },
      {
        file: 'src/raft/heartbeat.ts',
        from: 'message.readId <= peer.confirmedReadId',
        to: 'message.readId < 0',
      },
    ],
  },
  {
    name: 'B8',
    classId: 'B8',
    breaks: 'every election timeout is the base, and voters refuse for as long without a leader',
    nodes: 3,
    edits: [
      {
        file: 'src/raft/roles.ts',
        from: 'base + 1 + prng.below(base - 1)',
        to: 'base + 0 * prng.below(base - 1)',
      },
      {
        file: 'src/raft/election.ts',
        from: 'return replica.leader !== NOBODY && replica.electionTicks',
        to: 'return replica.electionTicks',
      },
    ],
  },
  {
    name: 'B9',
    classId: 'B9',
    breaks: 'a leader of an older term gets no answer',
    catcher: 'core',
    edits: [
      {
        file: 'src/raft/step.ts',
        from: "replica.send(from, { kind: 'stale-term', term });",
        to: '',
      },
    ],
  },
  {
    name: 'B10a',
    classId: 'B10',
    breaks: 'reads are confirmed by a lease: whoever was heard since the last check of the quorum',
    catcher: 'core',
    edits: [
      {
        file: 'src/raft/heartbeat.ts',
        from: '(peers.get(voter)?.confirmedReadId ?? 0)',
        to: '(peers.get(voter)?.isActive ? reads.latestStartedId : 0)',
      },
    ],
  },
  {
    name: 'B17a',
    classId: 'B17',
    breaks: 'the longer log wins an election, whatever its last term',
    nodes: 3,
    needs: ['isolate'],
    seed: 235,
    edits: [
      {
        file: 'src/raft/log.ts',
        from: 'lastTerm !== this.#last.term',
        to: 'lastTerm < 0',
      },
    ],
  },
  {
    name: 'B17b',
    classId: 'B17',
    breaks: 'the later last term wins an election, whatever the length',
    nodes: 3,
    edits: [
      {
        file: 'src/raft/log.ts',
        from: 'return lastIndex >= this.#last.index;',
        to: 'return lastIndex >= 0;',
      },
    ],
  },
  {
    name: 'B18a',
    classId: 'B18',
    breaks: 'a majority is one too few',
    nodes: 3,
    edits: [
      {
        file: 'src/raft/quorum.ts',
        from: 'Math.floor(voterCount / 2) + 1',
        to: 'Math.max(1, Math.floor(voterCount / 2))',
      },
    ],
  },
  {
    name: 'B18b',
    classId: 'B18',
    breaks: 'learners count when entries are committed',
    nodes: 3,
    needs: ['demote'],
    edits: [
      {
        file: 'src/raft/quorum.ts',
        from: 'const value = majorityValue(configuration.voters, valueIn);',
        to:
          'const all = [...configuration.voters, ...configuration.learners];\n' +
          '    const values = all.map(valueIn).sort((left, right) => right - left);\n' +
          '    const value = values[majorityOf(configuration.voters.length) - 1] ?? 0;',
      },
    ],
  },
  {
    name: 'vote-forgotten',
    breaks: 'B1: the vote is lost by a restart',
    catcher: 'core',
    seed: 11700,
    edits: [
      {
        file: 'src/raft/hard-state.ts',
        from: 'votedFor: recovered.votedFor }',
        to: 'votedFor: NOBODY }',
      },
    ],
  },
  {
    name: 'early-messages',
    breaks: 'B1: messages leave before the hard state is on disk',
    catcher: 'core',
    edits: [
      {
        file: 'src/raft/replica.ts',
        from: 'this.hardState.isDurable ? this.messages : this.heldMessages',
        to: 'this.messages',
      },
    ],
  },
  {
    name: 'early-own-vote',
    breaks: 'B1: the own vote counts early, and votes are asked for before it is on disk',
    catcher: 'core',
    edits: [
      {
        file: 'src/raft/replica.ts',
        from: 'this.hardState.isDurable ? this.messages : this.heldMessages',
        to: 'this.messages',
      },
      {
        file: 'src/raft/election.ts',
        from: '    becomeCandidate(replica);',
        to: '    becomeCandidate(replica);\n    recordVote(replica, replica.self, true);',
      },
      {
        file: 'src/raft/roles.ts',
        from: "assert(replica.hardState.isDurable, 'a leader has its own vote on disk');",
        to: '',
      },
    ],
  },
  {
    name: 'early-reads',
    breaks: 'B5: reads are confirmed before an entry of the own term is committed',
    catcher: 'core',
    edits: [
      {
        file: 'src/raft/raft.ts',
        from: 'leadership === undefined || !hasCommittedInTerm(this.#replica)',
        to: 'leadership === undefined',
      },
    ],
  },
  {
    name: 'unasked-reads',
    breaks: 'thesis 6.4: reads are confirmed without asking anybody',
    catcher: 'core',
    edits: [
      {
        file: 'src/raft/heartbeat.ts',
        from: '(peers.get(voter)?.confirmedReadId ?? 0)',
        to: 'reads.latestStartedId',
      },
    ],
  },
  {
    name: 'kept-term',
    breaks: 'thesis 3.3: the term does not advance with every newer message',
    catcher: 'core',
    edits: [
      {
        file: 'src/raft/step.ts',
        from: 'becomeFollower(replica, message.term, NOBODY);',
        to:
          "if (message.kind !== 'heartbeat-reply' && message.kind !== 'stale-term')\n" +
          '            becomeFollower(replica, message.term, NOBODY);',
      },
    ],
  },
  {
    name: 'endless-transfer',
    breaks: 'thesis 3.10: a transfer that fails never ends',
    catcher: 'core',
    edits: [
      {
        file: 'src/raft/transfer.ts',
        from: 'transfer.ticks >= replica.electionTimeoutTicks || !isMember',
        to: 'transfer.ticks < 0 && !isMember',
      },
      { file: 'src/raft/heartbeat.ts', from: '    maybeSendTimeoutNow(replica);', to: '' },
    ],
  },
  {
    name: 'early-silence',
    breaks: 'silence although a follower lacks entries',
    catcher: 'core',
    edits: [
      {
        file: 'src/raft/quiesce.ts',
        from: "peer.state !== 'replicate' || peer.matchIndex !== lastIndex",
        to: "peer.state === 'snapshot'",
      },
    ],
  },
  {
    name: 'unsure-silence',
    breaks: 'a follower falls silent with entries that may not be committed',
    catcher: 'core',
    seed: 150,
    edits: [
      { file: 'src/raft/quiesce.ts', from: 'message.commitIndex === log.lastIndex &&', to: '' },
    ],
  },
  {
    name: 'deaf-silence',
    breaks: 'no message ends a silence',
    catcher: 'core',
    seed: 1400,
    edits: [
      {
        file: 'src/raft/raft.ts',
        from: 'const { quiesced, leader } = this.#replica;',
        to: 'const { quiesced, leader } = { quiesced: false, leader: this.#replica.leader };',
      },
    ],
  },
];
