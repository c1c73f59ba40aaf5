import path from 'node:path';
import { type Entry, indexOf, type Term, termOf } from '../../src/raft/types.ts';
import { segmentFileName } from '../../src/store/segment.ts';
import { Store } from '../../src/store/store.ts';
import type { Append, RecoveredPartition, StoreOptions } from '../../src/store/store-port.ts';

export interface EntryParts {
  readonly index: number;
  readonly term?: number;
  readonly text?: string;
}

export function entry({ index, term = 1, text = `payload ${index}` }: EntryParts): Entry {
  const payload = Buffer.from(text, 'latin1');
  const kind = 'effects';
  return { index: indexOf(index), term: termOf(term), timeMs: 1000 + index, kind, payload };
}

/** The entries `first` to `last` of one partition. */
export function append(parts: {
  readonly partition?: number;
  readonly first: number;
  readonly last: number;
  readonly term?: number;
}): Append {
  const { partition = 0, first, last, term = 1 } = parts;
  const entries: Entry[] = [];
  for (let index = first; index <= last; index += 1) entries.push(entry({ index, term }));
  return { partition, entries };
}

/** Small files, no ballast, and a failure of the disk fails the test. */
export function openStore(options: Partial<StoreOptions> & { folder: string }): Promise<Store> {
  return Store.open({
    ballastBytes: 0,
    segmentBytes: 16 * 1024,
    onFailure: (error) => {
      throw error;
    },
    ...options,
  });
}

/** Resolves when the appends are durable. */
export function appended(store: Store, ...appends: readonly Append[]): Promise<void> {
  return new Promise((resolve) => store.append(appends, resolve));
}

export function segmentPath(folder: string, sequence: number): string {
  return path.join(folder, 'log', segmentFileName(sequence));
}

export interface Summary {
  readonly term: Term | undefined;
  readonly votedFor: number | undefined;
  readonly checkpoint: number;
  readonly entries: readonly string[];
}

/** What was recovered of a partition, in a form that compares and prints well. */
export function summarize(recovered: RecoveredPartition | undefined): Summary {
  return {
    term: recovered?.hardState?.term,
    votedFor: recovered?.hardState?.votedFor,
    checkpoint: recovered?.checkpoint?.index ?? 0,
    entries: (recovered?.entries ?? []).map(describeEntry),
  };
}

export function describeEntry(value: Entry): string {
  const { index, term, timeMs, kind, payload } = value;
  return `${index}/${term} ${kind} ${timeMs} ${payload.toString('latin1')}`;
}

/** Every row of the recovered checkpoint as text. */
export async function rowsOf(recovered: RecoveredPartition | undefined): Promise<string[]> {
  const rows: string[] = [];
  if (recovered === undefined) return rows;
  for await (const batch of recovered.state()) {
    for (const [key, value] of batch) {
      rows.push(`${key.toString('latin1')}=${value.toString('latin1')}`);
    }
  }
  return rows;
}
