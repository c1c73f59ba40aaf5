/** A change of the compiled code that brings a known bug into it. */
export interface Edit {
  /** Below `src`, as it is compiled. */
  readonly file: string;
  /** Stands exactly once in the file; code that changed makes the mutant fail loudly. */
  readonly find: string;
  readonly replace: string;
}

export interface Mutant {
  readonly name: string;
  /** What is broken, and which class of bugs in real systems that is. */
  readonly breaks: string;
  readonly edits: readonly Edit[];
}

/** Broken products, each of which a run must catch. */
export const mutants: readonly Mutant[] = [
  {
    name: 'vote-lost',
    breaks: 'B1: the vote is lost by a restart',
    edits: [
      {
        file: 'raft/hard-state.js',
        find: 'votedFor: recovered.votedFor }',
        replace: 'votedFor: NOBODY }',
      },
    ],
  },
  {
    name: 'early-messages',
    breaks: 'B1: messages leave before the hard state is on disk',
    edits: [
      {
        file: 'raft/replica.js',
        find: 'this.hardState.isDurable ? this.messages : this.heldMessages',
        replace: 'this.messages',
      },
    ],
  },
  {
    name: 'early-count',
    breaks: 'B11: a leader counts its own log before the fsync',
    edits: [
      {
        file: 'raft/commitment.js',
        find: 'return replica.durability.durableIndex;',
        replace: 'return replica.log.lastIndex;',
      },
    ],
  },
  {
    name: 'stale-reads',
    breaks: 'B7: reads are confirmed without asking anybody',
    edits: [
      {
        file: 'raft/heartbeat.js',
        find: '(peers.get(voter)?.confirmedReadId ?? 0)',
        replace: 'reads.latestStartedId',
      },
    ],
  },
  {
    name: 'small-majority',
    breaks: 'B18: a majority is one too few',
    edits: [
      {
        file: 'raft/quorum.js',
        find: 'return Math.floor(voterCount / 2) + 1;',
        replace: 'return Math.max(1, Math.floor(voterCount / 2));',
      },
    ],
  },
  {
    name: 'no-fsync',
    breaks: 'B27: what was never synced is reported durable',
    edits: [
      {
        file: 'store/log-writer.js',
        find: 'this.#options.disk.fdatasync(segment.file, synced);',
        replace: "this.#options.disk.fsync(this.#options.disk.openSync('/data', 'r'), synced);",
      },
    ],
  },
  {
    name: 'running-clock',
    breaks:
      'DESIGN 2: an old leader goes on with its own clock instead of the last entry of the log',
    edits: [
      {
        file: 'partition/log-clock.js',
        find: anchorBody('lastTimeMs'),
        replace: anchorBody('Math.max(lastTimeMs, this.now(monotonicMs))'),
      },
    ],
  },
  {
    name: 'early-replies',
    breaks: 'B20: replies leave before their entry is committed',
    edits: [
      {
        file: 'partition/held-outcomes.js',
        find: 'held.index > appliedIndex',
        replace: 'held.index > appliedIndex + 1',
      },
    ],
  },
  {
    name: 'one-step',
    breaks: 'B3: voters change without a joint configuration',
    edits: [
      {
        file: 'raft/membership.js',
        find: '? [] : configuration.voters;',
        replace: '? [] : [];',
      },
    ],
  },
  {
    name: 'early-removal',
    breaks: 'B32: operators hear that a node is out before that is committed',
    edits: [
      {
        file: 'node/administration.js',
        find: 'outgoing.length > 0 || raft.changing',
        replace: 'outgoing.length > 0',
      },
    ],
  },
  {
    name: 'blind-watch',
    breaks: 'EXEC runs although a watched key has changed',
    edits: [
      {
        file: 'partition/watch-registry.js',
        find: 'keyspace.watchedVersion(db, key) === version',
        replace: 'version >= 0',
      },
    ],
  },
];

/** What `LogClock.anchor` does, up to what follows it: its constructor does the same. */
function anchorBody(timeMs: string): string {
  const lines = [`this.#timeMs = ${timeMs};`, 'this.#monotonicMs = monotonicMs;'];
  return `${lines.join('\n        ')}\n    }\n    /** Log time`;
}
