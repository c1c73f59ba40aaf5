import type { Mutant } from './mutant.ts';

/** Replication, commitment, compaction, and states in the place of logs. */
export const logMutants: readonly Mutant[] = [
  {
    name: 'B4',
    classId: 'B4',
    breaks: 'an entry of an earlier term is committed by counting replicas',
    catcher: 'core',
    edits: [
      {
        file: 'src/raft/commitment.ts',
        from: 'replica.log.findTerm(index) !== replica.term',
        to: 'index < 0',
      },
    ],
  },
  {
    name: 'B12',
    classId: 'B12',
    breaks: 'a write vouches for what was written over it',
    nodes: 3,
    needs: ['isolate', 'slow-disk'],
    edits: [
      {
        file: 'src/raft/durability.ts',
        from: 'write.validThrough > kept',
        to: 'kept < 0',
      },
    ],
  },
  {
    name: 'B13a',
    classId: 'B13',
    breaks: 'entries of before are applied again after a state is installed',
    nodes: 3,
    edits: [{ file: 'src/raft/snapshot.ts', from: 'replica.handedOutIndex = index;', to: '' }],
  },
  {
    name: 'B13b',
    classId: 'B13',
    breaks: 'the log begins one entry too late after a state is installed',
    nodes: 3,
    edits: [
      {
        file: 'src/raft/snapshot.ts',
        from: 'replica.log.restart(place);',
        to: 'replica.log.restart({ ...place, index: place.index + 1 });',
      },
    ],
  },
  {
    name: 'B13c',
    classId: 'B13',
    breaks: 'a follower never leaves the state of waiting for a state',
    nodes: 3,
    needs: ['isolate'],
    edits: [
      {
        file: 'src/raft/progress.ts',
        from: "this.#state === 'snapshot' && this.#matchIndex < baseIndex",
        to: "this.#state === 'snapshot' && baseIndex >= 0",
      },
    ],
  },
  {
    name: 'B16',
    classId: 'B16',
    breaks: 'matching entries after previousIndex are cut',
    nodes: 3,
    edits: [
      {
        file: 'src/raft/following.ts',
        from: 'knownTerm === entry.term || entry.index <= log.baseIndex',
        to: 'entry.index <= log.baseIndex',
      },
      {
        file: 'src/raft/replica.ts',
        from: "assert(index > this.commitIndex, 'a committed entry is never cut');",
        to: '',
      },
      {
        file: 'src/raft/following.ts',
        from: "assert(entry.index > following.matchIndex, 'a leader does not change its own log');",
        to: 'following.matchIndex = entry.index;',
      },
    ],
  },
  {
    name: 'B22',
    classId: 'B22',
    breaks: 'committed entries are handed out again after a turn without any',
    edits: [
      {
        file: 'src/raft/raft.ts',
        from: 'replica.handedOutIndex = last;',
        to: 'replica.handedOutIndex = Math.max(first, last - 1);',
      },
    ],
  },
  {
    name: 'B23',
    classId: 'B23',
    breaks: 'a compacted entry counts as one of the term in which the log begins',
    nodes: 3,
    edits: [
      {
        file: 'src/raft/replication.ts',
        from: 'const previousTerm = log.findTerm(previousIndex);',
        to: 'const previousTerm = log.findTerm(previousIndex) ?? log.findTerm(log.baseIndex);',
      },
    ],
  },
  {
    name: 'early-acceptance',
    breaks: 'a follower accepts what is not on its disk yet',
    catcher: 'core',
    edits: [
      {
        file: 'src/raft/following.ts',
        from: 'Math.min(durability.durableIndex, following.matchIndex)',
        to: 'Math.max(0 * durability.durableIndex, following.matchIndex)',
      },
      {
        file: 'src/raft/following.ts',
        from: 'if (replica.durability.durableIndex >= matchIndex)',
        to: '',
      },
    ],
  },
  {
    name: 'no-resend',
    breaks: 'what was lost is not sent again',
    catcher: 'core',
    edits: [
      {
        file: 'src/raft/heartbeat.ts',
        from: 'if (peer.takeStall())',
        to: 'if (peer.takeStall() && peer.nextIndex === 0)',
      },
    ],
  },
  {
    name: 'old-state',
    breaks: 'B13: an old state is installed over what is committed',
    catcher: 'core',
    edits: [
      {
        file: 'src/raft/snapshot.ts',
        from: 'index <= replica.commitIndex || replica.log.findTerm(index) === term',
        to: 'replica.log.findTerm(index) === term',
      },
    ],
  },
  {
    name: 'kept-log',
    breaks: 'B13: the log is not replaced with the state',
    catcher: 'core',
    edits: [{ file: 'src/raft/snapshot.ts', from: 'replica.log.restart(place);', to: '' }],
  },
  {
    name: 'busy-log',
    breaks: 'B13: the log goes on while the state is replaced',
    catcher: 'core',
    seed: 200,
    edits: [
      {
        file: 'src/raft/following.ts',
        from: 'if (replica.installation !== undefined)\n        return;',
        to: '',
      },
    ],
  },
  {
    name: 'lost-state',
    breaks: 'B13: a state that failed is not asked for again',
    catcher: 'core',
    edits: [
      {
        file: 'src/raft/progress.ts',
        from: "if (this.#state === 'snapshot')\n            this.awaitWord(baseIndex);",
        to: '',
      },
    ],
  },
];
