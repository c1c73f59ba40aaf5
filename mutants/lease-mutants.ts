import type { Mutant } from './mutant.ts';

/** Tokens, log time, and what a leader executes. */
export const leaseMutants: readonly Mutant[] = [
  {
    name: 'B6',
    classId: 'B6',
    breaks: 'a new leader executes before it has applied all of its log',
    nodes: 3,
    edits: [
      {
        file: 'src/partition/partition.ts',
        from: 'this.#appliedIndex < raft.lastIndex',
        to: 'this.#appliedIndex < 0',
      },
    ],
  },
  {
    name: 'B10b',
    classId: 'B10',
    breaks: 'a lease runs on the largest time that a replica ever had, led or not',
    nodes: 3,
    edits: [
      {
        file: 'src/partition/log-clock.ts',
        from: 'anchor(lastTimeMs, monotonicMs) {\n        this.#timeMs = lastTimeMs;',
        to:
          'anchor(lastTimeMs, monotonicMs) {\n' +
          '        this.#timeMs = Math.max(lastTimeMs, this.now(monotonicMs));',
      },
    ],
  },
  {
    name: 'B19',
    classId: 'B19',
    breaks: 'what was executed before leadership was lost is proposed in a later term',
    nodes: 3,
    edits: [
      {
        file: 'src/partition/partition.ts',
        from: "this.#keyspace.drop();\n        this.#held.loseEarlier('unknown', leaderLost);",
        to: "this.#held.loseEarlier('unknown', leaderLost);",
      },
      {
        file: 'src/partition/partition.ts',
        from: 'this.#keyspace.drop();\n        this.#ready = true;',
        to: 'this.#ready = true;',
      },
    ],
  },
  {
    name: 'B20',
    classId: 'B20',
    breaks: 'an index that is committed releases the reply of an entry that was cut there',
    nodes: 3,
    edits: [
      {
        file: 'src/partition/partition.ts',
        from: "this.#held.loseEarlier('unknown', leaderLost);",
        to: '',
      },
    ],
  },
  {
    name: 'B24a',
    classId: 'B24',
    breaks: 'leases expire by the clock of a replica that does not lead',
    nodes: 3,
    edits: [
      {
        file: 'src/partition/partition.ts',
        from: 'if (!this.#ready)\n            return false;\n        const limit',
        to:
          'const { base } = this.#keyspace;\n' +
          '        const due = this.#ready ? undefined : base.firstToEnd;\n' +
          '        const timeMs = this.#clock.now(this.#monotonicMs);\n' +
          '        if (due !== undefined && due.endsAtMs <= timeMs)\n' +
          "            base.apply({ kind: 'expire', ...due }, timeMs);\n" +
          '        if (!this.#ready)\n            return false;\n        const limit',
      },
    ],
  },
  {
    name: 'B24b',
    classId: 'B24',
    breaks: 'extensions are answered before they are committed, so by a deposed leader as well',
    nodes: 3,
    edits: [
      {
        file: 'src/partition/held-outcomes.ts',
        from: 'held.index > appliedIndex',
        to: 'held.index < 0 * appliedIndex',
      },
    ],
  },
  {
    name: 'B25',
    classId: 'B25',
    breaks: 'a request that waited too long for a leader, and was refused, runs all the same',
    nodes: 3,
    edits: [
      {
        file: 'src/partition/forward-queue.ts',
        from: 'if (!pending.done) {',
        to: 'if (pending.work !== undefined) {',
      },
      { file: 'src/partition/forward-queue.ts', from: 'this.#head = at + 1;', to: '' },
    ],
  },
  {
    name: 'B28',
    classId: 'B28',
    breaks: 'an effect that a leader may cause, a shorter lease, throws on every replica',
    edits: [
      {
        file: 'src/keyspace/base.ts',
        from: 'assert(previous.token === lease.token,',
        to:
          "assert(lease.endsAtMs >= previous.endsAtMs, 'a lease is never shortened');\n" +
          '        assert(previous.token === lease.token,',
      },
    ],
  },
  {
    name: 'B33a',
    classId: 'B33',
    breaks: 'a token is minted and not noted',
    edits: [
      {
        file: 'src/keyspace/keyspace.ts',
        from: "this.#lastToken = token;\n        this.#add({ kind: 'put'",
        to: "this.#add({ kind: 'put'",
      },
    ],
  },
  {
    name: 'B33b',
    classId: 'B33',
    breaks: 'the log time of what another leader appended is not noted',
    nodes: 3,
    edits: [
      {
        file: 'src/partition/partition.ts',
        from: 'if (!proposed)',
        to: 'if (proposed && last.index < 0)',
      },
    ],
  },
  {
    name: 'early-replies',
    breaks: 'B20: replies leave before their entry is committed',
    nodes: 3,
    edits: [
      {
        file: 'src/partition/held-outcomes.ts',
        from: 'held.index > appliedIndex',
        to: 'held.index > appliedIndex + 1',
      },
    ],
  },
  {
    name: 'blind-watch',
    breaks: 'EXEC runs although a watched key has changed',
    edits: [
      {
        file: 'src/partition/watch-registry.ts',
        from: 'keyspace.watchedVersion(db, key) === version',
        to: 'version >= 0',
      },
    ],
  },
];
