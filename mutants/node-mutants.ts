import type { Mutant } from './mutant.ts';

/** The disk, and requests on their way between nodes. */
export const nodeMutants: readonly Mutant[] = [
  {
    name: 'B11',
    classId: 'B11',
    breaks: 'a leader counts and applies its own log before the fsync',
    nodes: 1,
    edits: [
      {
        file: 'src/raft/commitment.ts',
        from: 'return replica.durability.durableIndex;',
        to: 'return replica.log.lastIndex;',
      },
      {
        file: 'src/raft/replica.ts',
        from: 'return this.commitIndex < durableIndex ? this.commitIndex : durableIndex;',
        to: 'return durableIndex < 0 ? durableIndex : this.commitIndex;',
      },
    ],
  },
  {
    name: 'B21a',
    classId: 'B21',
    breaks: 'the rows of a checkpoint are written before the index that they belong to',
    nodes: 1,
    edits: [
      {
        file: 'src/store/state.ts',
        from: 'digest };\n        batch.put(metaKey(partition), encodeMeta(partition, stored));',
        to:
          'digest };\n' +
          '        await batch.write();\n' +
          '        const last = this.#backend.batch();\n' +
          '        last.put(metaKey(partition), encodeMeta(partition, stored));\n' +
          '        await last.write();\n' +
          '        return stored;',
      },
    ],
  },
  {
    name: 'B21b',
    classId: 'B21',
    breaks: 'a checkpoint names the entry before the last one that it holds',
    edits: [
      {
        file: 'src/node/checkpointer.ts',
        from: '{ partition: id, index, term, timeMs, meta, changes }',
        to:
          '{ partition: id, index: Math.max(this.#lastIndexes.get(id) ?? 0, index - 1), term, ' +
          'timeMs, meta, changes }',
      },
    ],
  },
  {
    name: 'B27',
    classId: 'B27',
    breaks: 'a write is durable before the fsync',
    edits: [
      {
        file: 'src/store/log-writer.ts',
        from: 'this.#options.disk.fdatasync(segment.file, synced);',
        to: 'synced(null);',
      },
    ],
  },
  {
    name: 'B30',
    classId: 'B30',
    breaks: 'a node serves a state without the rows of its checkpoint',
    edits: [
      {
        file: 'src/node/recovery.ts',
        from: 'restoreRow(base, row);',
        to: '',
      },
    ],
  },
  {
    name: 'B31',
    classId: 'B31',
    breaks: 'a reply goes to the request that has waited longest, also after a new connection',
    nodes: 3,
    needs: ['link-reset'],
    edits: [
      {
        file: 'src/partition/forward-queue.ts',
        from: 'const pending = this.#sent.get(id);',
        to:
          'const [first] = this.#sent;\n        ' +
          'const pending = first?.[1];\n        id = first?.[0];',
      },
    ],
  },
];
