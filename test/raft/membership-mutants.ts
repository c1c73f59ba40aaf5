import type { Mutant } from './mutant.ts';

/**
 * Broken cores whose members change, whose logs are replaced by states, or which fall silent. Three
 * are shown by tests of their rules: B15 and B26, because replicas here keep their disks, so that
 * an answer of an earlier session is still true, and because a spare replica seldom has the vote
 * that decides; and a change before the no-op (B3), because joint configurations alone leave it
 * nothing to break. B32 cannot exist: a node that lost its disk is another replica from then on.
 */
export const membershipMutants: readonly Mutant[] = [
  {
    name: 'B3: voters change in one step',
    edits: [
      {
        file: 'membership.ts',
        find: 'sorted(configuration.voters)) ? [] : configuration.voters;',
        replace: 'sorted(configuration.voters)) ? [] : [];',
      },
    ],
  },
  {
    name: 'B3: a change begins while another one is not done',
    edits: [
      {
        file: 'membership.ts',
        find: '!hasCommittedInTerm(replica) || isChanging(replica)',
        replace: '!hasCommittedInTerm(replica)',
      },
    ],
  },
  {
    name: 'thesis 4.3: the new majority alone commits',
    seed: 233,
    edits: [
      {
        file: 'quorum.ts',
        find: 'return Math.min(value, majorityValue(configuration.outgoing, valueIn));',
        replace: 'return value;',
      },
    ],
  },
  {
    name: 'thesis 4.3: the old majority alone commits',
    edits: [
      {
        file: 'quorum.ts',
        find: 'return Math.min(value, majorityValue(configuration.outgoing, valueIn));',
        replace: 'return majorityValue(configuration.outgoing, valueIn);',
      },
    ],
  },
  {
    name: 'thesis 4.3: the new majority alone elects',
    seed: 293,
    edits: [
      {
        file: 'quorum.ts',
        find: 'if (outgoing.length === 0) return result;',
        replace: 'if (outgoing.length >= 0) return result;',
      },
    ],
  },
  {
    name: 'thesis 4.3: the new configuration begins before the joint one is committed',
    seed: 148,
    edits: [
      {
        file: 'membership.ts',
        find: '  if (replica.configurations.latestIndex > replica.commitIndex) return;\n',
        replace: '',
      },
    ],
  },
  {
    name: 'thesis 4.1: the members change with the commit, not with the entry',
    edits: [
      {
        file: 'replica.ts',
        find: 'return this.configurations.latest;',
        replace: 'return this.configurations.at(this.commitIndex);',
      },
    ],
  },
  {
    name: 'thesis 4.3: nobody completes a change',
    edits: [
      {
        file: 'membership.ts',
        find: '    appendConfiguration(replica, leadership, next, replica.timeMs);\n',
        replace: '    if (next.voters.length === 0) return;\n',
      },
    ],
  },
  {
    name: 'B18: a leader that is no voter counts itself',
    edits: [
      {
        file: 'commitment.ts',
        find: 'return indexOf(quorumValue(replica.configuration, matchOf));',
        replace:
          'const { configuration, self } = replica;\n' +
          '  const voters = [...new Set([self, ...configuration.voters])];\n' +
          '  return indexOf(quorumValue({ ...configuration, voters }, matchOf));',
      },
    ],
  },
  {
    name: 'B29: a leader that was left out leads on',
    edits: [
      {
        file: 'membership.ts',
        find: '    becomeFollower(replica, replica.term, NOBODY);\n',
        replace: '',
      },
    ],
  },
  {
    name: 'thesis 4.2.2: who is left out does not stand, although nobody else can be elected',
    edits: [
      {
        file: 'replica.ts',
        find: 'return configurations.some((configuration) => isVoterIn(configuration, this.self));',
        replace: 'return this.isVoter && configurations.length > 0;',
      },
    ],
  },
  {
    name: 'B14: a configuration stays in force when its entry is cut',
    edits: [
      {
        file: 'configuration.ts',
        find: 'this.#changes.filter((one, at) => at === 0 || one.index < index);',
        replace: 'this.#changes.filter((_, at) => at === 0 || index > 0);',
      },
    ],
  },
  {
    name: 'B14: the configurations after the state are forgotten by a restart',
    edits: [
      {
        file: 'configuration.ts',
        find: '    for (const entry of entries) this.maybeAppend(entry);\n',
        replace: '    assert(entries.length >= 0, "");\n',
      },
    ],
  },
  {
    name: 'B14: a state brings no members',
    edits: [
      { file: 'snapshot.ts', find: '  replica.configurations.restart(place);\n', replace: '' },
    ],
  },
  {
    name: 'B14: a joint configuration is simple after a state is installed',
    edits: [
      {
        file: 'snapshot.ts',
        find: 'replica.configurations.restart(place);',
        replace:
          'const { configuration } = place;\n' +
          '  const simple = { ...configuration, outgoing: [] };\n' +
          '  replica.configurations.restart({ index, configuration: simple });',
      },
    ],
  },
  {
    name: 'B14: a checkpoint holds members that its log does not lead to yet',
    edits: [
      {
        file: 'raft.ts',
        find: 'return this.#replica.configurations.at(index);',
        replace: 'return index < 0 ? this.configuration : this.#replica.configuration;',
      },
    ],
  },
  {
    name: 'B13: an old state is installed over what is committed',
    edits: [
      {
        file: 'snapshot.ts',
        find: 'if (index <= replica.commitIndex || replica.log.findTerm(index) === term) {',
        replace: 'if (replica.log.findTerm(index) === term) {',
      },
    ],
  },
  {
    name: 'B13: entries of before are applied again after a state is installed',
    edits: [{ file: 'snapshot.ts', find: '  replica.handedOutIndex = index;\n', replace: '' }],
  },
  {
    name: 'B13: the log is not replaced with the state',
    edits: [{ file: 'snapshot.ts', find: '  replica.log.restart(place);\n', replace: '' }],
  },
  {
    name: 'B13: the log goes on while the state is replaced',
    seed: 234,
    edits: [
      {
        file: 'following.ts',
        find: '  if (replica.installation !== undefined) return;\n',
        replace: '',
      },
    ],
  },
  {
    name: 'B13: a follower never leaves the state of waiting for a state',
    edits: [
      {
        file: 'progress.ts',
        find: "if (this.#state === 'snapshot' && this.#matchIndex < baseIndex) return;",
        replace: "if (this.#state === 'snapshot' && baseIndex >= 0) return;",
      },
    ],
  },
  {
    name: 'B13: a state that failed is not asked for again',
    edits: [
      {
        file: 'progress.ts',
        find: "if (this.#state === 'snapshot') this.awaitWord(baseIndex);",
        replace: "if (this.#state === 'probe') this.awaitWord(baseIndex);",
      },
    ],
  },
  {
    name: 'B23: a compacted entry counts as one of term 0',
    edits: [
      {
        file: 'replication.ts',
        find: 'const previousTerm = log.findTerm(previousIndex);',
        replace: 'const previousTerm = log.findTerm(previousIndex) ?? log.findTerm(log.baseIndex);',
      },
    ],
  },
  {
    name: 'thesis 3.10: a transfer that fails never ends',
    seed: 272,
    edits: [
      {
        file: 'transfer.ts',
        find: 'if (transfer.ticks >= replica.electionTimeoutTicks || !isMember)',
        replace: 'if (transfer.ticks < 0 && !isMember)',
      },
      { file: 'heartbeat.ts', find: '  maybeSendTimeoutNow(replica);\n', replace: '' },
    ],
  },
  {
    name: 'silence although a follower lacks entries',
    edits: [
      {
        file: 'quiesce.ts',
        find: "if (peer.state !== 'replicate' || peer.matchIndex !== lastIndex) return false;",
        replace: "if (peer.state === 'snapshot') return false;",
      },
    ],
  },
  {
    name: 'a follower falls silent with entries that may not be committed',
    seed: 162,
    edits: [
      { file: 'quiesce.ts', find: '    message.commitIndex === log.lastIndex &&\n', replace: '' },
    ],
  },
  {
    name: 'no message ends a silence',
    seed: 1428,
    edits: [
      {
        file: 'raft.ts',
        find: '    const { quiesced, leader } = this.#replica;\n',
        replace:
          '    const { quiesced, leader } = { quiesced: false, leader: this.#replica.leader };\n',
      },
    ],
  },
];
