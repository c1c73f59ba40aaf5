import type { Mutant } from './mutant.ts';

/** Changes of the members, and replicas that come back. */
export const membershipMutants: readonly Mutant[] = [
  {
    name: 'B3',
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
    breaks: 'a state brings no members',
    catcher: 'core',
    edits: [
      { file: 'src/raft/snapshot.ts', from: 'replica.configurations.restart(place);', to: '' },
    ],
  },
  {
    name: 'B14b',
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
];
