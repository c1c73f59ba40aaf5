import { describe, expect, test } from 'vitest';
import { FencepostError } from '../../src/base/errors.ts';
import { Prng } from '../../src/base/prng.ts';
import { type Entry, type HardState, indexOf, replicaIdOf, termOf } from '../../src/raft/types.ts';
import type { Store } from '../../src/store/store.ts';
import type { Append, StoreMode } from '../../src/store/store-port.ts';
import { seedOf } from '../seed.ts';
import { CrashDisk } from './crash-disk.ts';
import { describeEntry, entry, openStore, rowsOf } from './sample-log.ts';
import { temporaryFolder } from './temporary-folder.ts';

/*
 * Random turns, checkpoints, crashes and reopenings against a model. What is recovered must be
 * the log after some number of turns: at least those that were reported durable, at most those
 * that were appended. `FENCEPOST_SEED=n npx vitest run test/store/crash.test.ts` repeats a run,
 * `FENCEPOST_ROUNDS=n` makes it longer.
 */
const seed = seedOf();
const rounds = Number(process.env.FENCEPOST_ROUNDS ?? 60);

interface PartitionModel {
  entries: Entry[];
  hardState: HardState | undefined;
  durableIndex: number;
  checkpointIndex: number;
  readonly rows: Map<string, string>;
}

interface PendingCheckpoint {
  readonly partition: number;
  readonly index: number;
  readonly changes: readonly (readonly [string, string | undefined])[];
}

const partitions = [0, 1, 2];

class Model {
  readonly byPartition = new Map<number, PartitionModel>();
  /** Turns appended since the model's state, and how many of them are durable. */
  turns: (readonly Append[])[] = [];
  durable = 0;
  /** A checkpoint that failed may have reached the state or not. */
  pending: PendingCheckpoint | undefined;

  of(partition: number): PartitionModel {
    let known = this.byPartition.get(partition);
    if (known === undefined) {
      const rows = new Map<string, string>();
      known = { entries: [], hardState: undefined, durableIndex: 0, checkpointIndex: 0, rows };
      this.byPartition.set(partition, known);
    }
    return known;
  }

  /** The entries and votes after `count` of the turns, in a form that compares. */
  after(count: number): string {
    const copies = partitions.map((partition) => {
      const { entries, hardState } = this.of(partition);
      return { partition, entries: [...entries], hardState };
    });
    for (const appends of this.turns.slice(0, count)) {
      for (const append of appends) {
        const copy = copies.find((one) => one.partition === append.partition);
        if (copy === undefined) throw new Error('a partition of the test');
        apply(copy, append);
      }
    }
    return JSON.stringify(
      copies.map(({ partition, entries, hardState }) => [
        hardState?.term ?? 0,
        hardState?.votedFor ?? 0,
        entries.slice(this.of(partition).checkpointIndex).map(describeEntry),
      ]),
    );
  }

  settle(count: number): void {
    for (const appends of this.turns.slice(0, count)) {
      for (const append of appends) apply(this.of(append.partition), append);
    }
    this.turns = [];
    this.durable = 0;
    for (const partition of partitions) {
      this.of(partition).durableIndex = this.of(partition).entries.length;
    }
  }

  /** The last index of a partition with all turns, and its last term. */
  last(partition: number): { readonly index: number; readonly term: number } {
    const { entries } = this.of(partition);
    let index = entries.length;
    let term: number = entries.at(-1)?.term ?? 1;
    for (const append of this.turns.flat()) {
      const last = append.entries.at(-1);
      if (append.partition !== partition || last === undefined) continue;
      index = last.index;
      term = last.term;
    }
    return { index, term };
  }
}

function apply(
  copy: { entries: Entry[]; hardState: HardState | undefined },
  { entries, hardState }: Append,
): void {
  const first = entries[0];
  if (first !== undefined) copy.entries = [...copy.entries.slice(0, first.index - 1), ...entries];
  if (hardState !== undefined) copy.hardState = hardState;
}

function recoveredState(store: Store): string {
  return JSON.stringify(
    partitions.map((partition) => {
      const recovered = store.recovered.get(partition);
      const { term, votedFor } = recovered?.hardState ?? { term: 0, votedFor: 0 };
      return [term, votedFor, (recovered?.entries ?? []).map(describeEntry)];
    }),
  );
}

function randomAppend(prng: Prng, model: Model, partition: number): Append {
  const last = model.last(partition);
  // A follower may have to cut off what was durable, and what the floor of its log names.
  const low = model.of(partition).checkpointIndex + 1;
  const overwrites = prng.oneIn(6) && last.index >= low;
  const first = overwrites ? prng.between(low, last.index) : last.index + 1;
  const term = overwrites || prng.oneIn(10) ? last.term + 1 : last.term;
  const entries: Entry[] = [];
  for (let at = prng.below(4); at > 0; at -= 1) {
    const text = `${prng.u32()}`.repeat(prng.oneIn(8) ? prng.between(1, 200) : 1);
    entries.push(entry({ index: first + entries.length, term, text }));
  }
  if (entries.length > 0 && !prng.oneIn(5)) return { partition, entries };
  const votedFor = replicaIdOf(prng.between(1, 5));
  return { partition, entries, hardState: { term: termOf(term + 100), votedFor } };
}

/** Terms of hard states must not fall: the model's last one is a floor. */
function monotone(model: Model, append: Append): Append {
  const { hardState } = append;
  if (hardState === undefined) return append;
  const terms = [model.of(append.partition).hardState, ...model.turns.flat().map(hardStateOf)]
    .filter((known) => known !== undefined)
    .map((known) => known.term);
  return {
    ...append,
    hardState: { ...hardState, term: termOf(Math.max(hardState.term, ...terms)) },
  };

  function hardStateOf(turn: Append): HardState | undefined {
    return turn.partition === append.partition ? turn.hardState : undefined;
  }
}

async function checkpoint(prng: Prng, store: Store, model: Model): Promise<void> {
  const partition = prng.pick(partitions);
  const part = model.of(partition);
  const settled = model.turns.length === 0 ? part.durableIndex : part.checkpointIndex;
  if (settled <= part.checkpointIndex) return;
  const index = prng.between(part.checkpointIndex + 1, settled);
  const changes = Array.from({ length: prng.below(30) }, (_, at) => {
    const key = `key ${at * prng.between(1, 3)} ${at}`;
    return [key, prng.oneIn(3) ? undefined : `value ${prng.u32()}`] as const;
  });
  model.pending = { partition, index, changes };
  await store.checkpoint({
    partition,
    index: indexOf(index),
    term: part.entries[index - 1]?.term ?? termOf(0),
    timeMs: index,
    meta: Buffer.alloc(0),
    changes: changes.map(([key, value]) => {
      return [Buffer.from(key), value === undefined ? undefined : Buffer.from(value)] as const;
    }),
  });
  settleCheckpoint(model);
}

function settleCheckpoint(model: Model): void {
  if (model.pending === undefined) return;
  const { partition, index, changes } = model.pending;
  model.pending = undefined;
  const part = model.of(partition);
  part.checkpointIndex = index;
  for (const [key, value] of changes) {
    if (value === undefined) part.rows.delete(key);
    else part.rows.set(key, value);
  }
}

async function verify(store: Store, model: Model, context: string): Promise<void> {
  const { pending } = model;
  if (pending !== undefined) {
    const index = store.recovered.get(pending.partition)?.checkpoint?.index ?? 0;
    if (index === pending.index) settleCheckpoint(model);
    model.pending = undefined;
  }
  const found = recoveredState(store);
  const counts = Array.from({ length: model.turns.length + 1 }, (_, count) => count);
  const matching = counts.filter((count) => model.after(count) === found);
  const allowed = matching.filter((count) => count >= model.durable);
  expect(allowed, `${context}: ${model.durable} of ${model.turns.length}: ${found}`).not.toEqual(
    [],
  );
  model.settle(allowed.at(-1) ?? 0);
  for (const partition of partitions) {
    const rows = [...model.of(partition).rows].map(([key, value]) => `${key}=${value}`);
    expect(await rowsOf(store.recovered.get(partition))).toEqual(rows.sort());
  }
}

/** One life of the store; ends in a crash, a kill or a clean stop. */
async function live(prng: Prng, store: Store, model: Model): Promise<void> {
  for (let steps = prng.between(1, 60); steps > 0; steps -= 1) {
    const appends = partitions
      .filter(() => prng.oneIn(2))
      .map((partition) => monotone(model, randomAppend(prng, model, partition)));
    if (appends.length > 0) {
      model.turns.push(appends);
      const number = model.turns.length;
      const { turns } = model;
      store.append(appends, () => {
        expect(model.durable).toBe(number - 1);
        if (model.turns === turns) model.durable = number;
      });
    }
    if (prng.oneIn(6)) await new Promise((resolve) => setImmediate(resolve));
    if (prng.oneIn(12)) await store.saveFloor();
    if (model.durable < model.turns.length || !prng.oneIn(6)) continue;
    model.settle(model.turns.length);
    await checkpoint(prng, store, model);
  }
}

const modes: readonly StoreMode[] = ['on-loop', 'asynchronous', 'auto'];

interface Lives {
  readonly mode: StoreMode;
  readonly seed: number;
  readonly lies?: boolean;
}

/**
 * Lives one after the other on one folder. Returns how many began with a torn tail: about one in
 * twelve does, so a run in which none did goes on, up to twenty times as long.
 */
async function liveOften({ mode, seed: start, lies = false }: Lives): Promise<number> {
  const prng = new Prng(start);
  const folder = temporaryFolder();
  const model = new Model();
  let torn = 0;
  for (let round = 0; round < rounds || (torn === 0 && round < 20 * rounds); round += 1) {
    const disk = new CrashDisk(prng);
    let ends: 'stop' | 'crash' | 'fault' = 'stop';
    let failures = 0;
    const store = await openStore({
      folder,
      mode,
      disk,
      segmentBytes: prng.pick([1024, 4096, 20_000]),
      log: (message) => {
        if (message.startsWith('writes that were never')) torn += 1;
      },
      onFailure: (error) => {
        failures += 1;
        expect(error.code).toBe('DISK_FAILED');
        expect(ends, error.message).not.toBe('stop');
      },
    });
    disk.lies = lies;
    try {
      await verify(store, model, `seed ${start}, round ${round}`);
      ends = prng.pick(['stop', 'crash', 'crash', 'fault', 'fault', 'fault']);
      if (ends === 'fault') disk.failCall = disk.calls + prng.between(1, 60);
      await live(prng, store, model);
    } catch (error) {
      // Only a checkpoint on the disk that was made to fail may end a life early.
      if (!(error instanceof FencepostError) || error.code !== 'DISK_FAILED') throw error;
    } finally {
      if (ends !== 'stop') disk.crash();
      await store.close();
    }
    if (ends === 'stop') expect(model.durable).toBe(model.turns.length);
    expect(failures).toBeLessThanOrEqual(1);
  }
  return torn;
}

describe('after a loss of power or a fault of the disk at any moment', () => {
  test.each(modes)('every durable turn and nothing else is recovered, %s', async (mode) => {
    const torn = await liveOften({ mode, seed: seed + modes.indexOf(mode) });
    expect(torn).toBeGreaterThan(0);
  });

  test('a disk that lies about its syncs is found out (the control)', async () => {
    const lives = liveOften({ mode: 'on-loop', seed, lies: true });
    await expect(lives).rejects.toThrow();
  });
});
