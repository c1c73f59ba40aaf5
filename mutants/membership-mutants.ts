import type { Mutant } from './mutant.ts';

/** Changes of the members, and replicas that come back. */
export const membershipMutants: readonly Mutant[] = [
  {
    name: 'B3',
    classId: 'B3',
    breaks: 'voters change in one step, and before the leader has committed in its term',
    catcher: 'core',
    edits: [
      {
        file: 'src/raft/membership.ts',
        from: 'sorted(configuration.voters)) ? [] : configuration.voters;',
        to: 'sorted(configuration.voters)) ? [] : [];',
      },
      {
        file: 'src/raft/membership.ts',
        from: '!hasCommittedInTerm(replica) || isChanging(replica)',
        to: 'isJoint(configuration)',
      },
    ],
  },
  {
    name: 'B14a',
    classId: 'B14',
    breaks: 'a state brings no members',
    catcher: 'core',
    edits: [
      { file: 'src/raft/snapshot.ts', from: 'replica.configurations.restart(place);', to: '' },
    ],
  },
  {
    name: 'B14b',
    classId: 'B14',
    breaks: 'the members that the log after the state names are forgotten by a restart',
    edits: [
      {
        file: 'src/raft/configuration.ts',
        from: 'for (const entry of entries)',
        to: 'for (const entry of entries.slice(0, 0))',
      },
    ],
  },
  {
    name: 'B14c',
    classId: 'B14',
    breaks: 'a joint configuration is a simple one after a state is installed',
    catcher: 'core',
    edits: [
      {
        file: 'src/raft/snapshot.ts',
        from: 'replica.configurations.restart(place);',
        to:
          'const configuration = { ...place.configuration, outgoing: [] };\n' +
          '    replica.configurations.restart({ ...place, configuration });',
      },
    ],
  },
  {
    name: 'B18c',
    classId: 'B18',
    breaks: 'a leader that is no voter counts itself',
    catcher: 'core',
    edits: [
      {
        file: 'src/raft/commitment.ts',
        from: 'return indexOf(quorumValue(replica.configuration, matchOf));',
        to:
          'const { configuration, self } = replica;\n' +
          '    const voters = [...new Set([self, ...configuration.voters])];\n' +
          '    return indexOf(quorumValue({ ...configuration, voters }, matchOf));',
      },
    ],
  },
  {
    name: 'B26',
    classId: 'B26',
    breaks: 'a replica that does not know of its promotion refuses its vote',
    catcher: 'core',
    edits: [
      {
        file: 'src/raft/election.ts',
        from: 'const granted = isFree && ',
        to: 'const granted = replica.isVoter && isFree && ',
      },
    ],
  },
  {
    name: 'B29',
    classId: 'B29',
    breaks: 'a leader that was left out leads on',
    catcher: 'core',
    edits: [
      {
        file: 'src/raft/membership.ts',
        from: 'becomeFollower(replica, replica.term, NOBODY);',
        to: '',
      },
    ],
  },
  {
    name: 'B32',
    classId: 'B32',
    breaks: 'a node that lost its disk comes back under the id that it had',
    nodes: 3,
    needs: ['bit-flip'],
    edits: [
      {
        file: 'src/raft/types.ts',
        from: 'nodeId * incarnationsMax + incarnation',
        to: 'nodeId * incarnationsMax + Math.min(1, incarnation)',
      },
    ],
  },
  {
    name: 'one-step',
    breaks: 'B3: voters change in one step',
    catcher: 'core',
    edits: [
      {
        file: 'src/raft/membership.ts',
        from: 'sorted(configuration.voters)) ? [] : configuration.voters;',
        to: 'sorted(configuration.voters)) ? [] : [];',
      },
    ],
  },
  {
    name: 'second-change',
    breaks: 'B3: a change begins while another one is not done',
    catcher: 'core',
    edits: [
      {
        file: 'src/raft/membership.ts',
        from: '!hasCommittedInTerm(replica) || isChanging(replica)',
        to: '!hasCommittedInTerm(replica)',
      },
    ],
  },
  {
    name: 'new-majority-commits',
    breaks: 'thesis 4.3: the new majority alone commits',
    catcher: 'core',
    seed: 200,
    edits: [
      {
        file: 'src/raft/quorum.ts',
        from: 'return Math.min(value, majorityValue(configuration.outgoing, valueIn));',
        to: 'return value;',
      },
    ],
  },
  {
    name: 'old-majority-commits',
    breaks: 'thesis 4.3: the old majority alone commits',
    catcher: 'core',
    edits: [
      {
        file: 'src/raft/quorum.ts',
        from: 'return Math.min(value, majorityValue(configuration.outgoing, valueIn));',
        to: 'return majorityValue(configuration.outgoing, valueIn);',
      },
    ],
  },
  {
    name: 'new-majority-elects',
    breaks: 'thesis 4.3: the new majority alone elects',
    catcher: 'core',
    seed: 250,
    edits: [
      {
        file: 'src/raft/quorum.ts',
        from: 'if (outgoing.length === 0)',
        to: 'if (outgoing.length >= 0)',
      },
    ],
  },
  {
    name: 'early-completion',
    breaks: 'thesis 4.3: the new configuration begins before the joint one is committed',
    catcher: 'core',
    edits: [
      {
        file: 'src/raft/membership.ts',
        from: 'if (replica.configurations.latestIndex > replica.commitIndex)\n        return;',
        to: '',
      },
    ],
  },
  {
    name: 'late-members',
    breaks: 'thesis 4.1: the members change with the commit, not with the entry',
    catcher: 'core',
    edits: [
      {
        file: 'src/raft/replica.ts',
        from: 'return this.configurations.latest;',
        to: 'return this.configurations.at(this.commitIndex);',
      },
    ],
  },
  {
    name: 'no-completion',
    breaks: 'thesis 4.3: nobody completes a change',
    catcher: 'core',
    edits: [
      {
        file: 'src/raft/membership.ts',
        from: 'appendConfiguration(replica, leadership, next, replica.timeMs);',
        to: '',
      },
    ],
  },
  {
    name: 'no-candidate',
    breaks: 'thesis 4.2.2: who is left out does not stand, although nobody else can be elected',
    catcher: 'core',
    edits: [
      {
        file: 'src/raft/replica.ts',
        from: 'return configurations.some((configuration) => isVoterIn(configuration, this.self));',
        to: 'return this.isVoter && configurations.length > 0;',
      },
    ],
  },
  {
    name: 'cut-members',
    breaks: 'B14: a configuration stays in force when its entry is cut',
    catcher: 'core',
    edits: [
      {
        file: 'src/raft/configuration.ts',
        from: 'this.#changes.filter((one, at) => at === 0 || one.index < index);',
        to: 'this.#changes.filter((_, at) => at === 0 || index > 0);',
      },
    ],
  },
  {
    name: 'early-members',
    breaks: 'B14: a checkpoint holds members that its log does not lead to yet',
    catcher: 'core',
    edits: [
      {
        file: 'src/raft/raft.ts',
        from: 'return this.#replica.configurations.at(index);',
        to: 'return index < 0 ? this.configuration : this.#replica.configuration;',
      },
    ],
  },
  {
    name: 'early-removal',
    breaks: 'B32: operators hear that a node is out before that is committed',
    needs: ['remove'],
    seed: 2000,
    edits: [
      {
        file: 'src/node/administration.ts',
        from: 'outgoing.length > 0 || raft.changing',
        to: 'outgoing.length > 0',
      },
    ],
  },
];
