import { createHash } from 'node:crypto';
import type { ByteString } from '../../src/base/byte-string.ts';
import { createCommandTable } from '../../src/commands/command-table.ts';
import type { KeyContext } from '../../src/commands/context.ts';
import { runOverKeyspace } from '../../src/commands/script-run.ts';
import type { ReadyScript } from '../../src/commands/script-sources.ts';
import type { ServerPort } from '../../src/commands/server-port.ts';
import { allCommands } from '../../src/commands/table.ts';
import { Base } from '../../src/keyspace/base.ts';
import type { Effect } from '../../src/keyspace/effect.ts';
import type { KeyCounts } from '../../src/keyspace/key-counts.ts';
import { Keyspace } from '../../src/keyspace/keyspace.ts';
import { type Lease, NEVER } from '../../src/keyspace/lease.ts';
import type { Reply } from '../../src/resp/reply.ts';
import { compileScript } from '../../src/script/compile.ts';
import type { KnownScript } from '../../src/script/known-scripts.ts';
import { OnePartition } from '../commands/one-partition.ts';

export interface StateLease {
  readonly db: number;
  readonly key: ByteString;
  readonly value: ByteString;
  /** In ms; 0 for none. 50 ms go by before the script runs. */
  readonly ttl: number;
}

/** What there is before a script runs. */
export interface State {
  readonly committed: readonly StateLease[];
  /** Written in the turn of the script. */
  readonly executed: readonly StateLease[];
  readonly leaseGuardPercent: number;
  /** How far the horizon is behind the clock. */
  readonly lagMs: number;
  readonly db: number;
}

export interface Call {
  readonly keys: readonly ByteString[];
  readonly argv: readonly ByteString[];
  readonly readOnly?: boolean;
}

export interface Outcome {
  readonly reply: Reply;
  /** Of the turn: those of `executed` come first. */
  readonly effects: readonly Effect[];
  readonly effectBytes: number;
  readonly lastToken: number;
  readonly counts: KeyCounts;
  readonly leases: readonly Lease[];
}

interface Options {
  readonly findKnown?: (sha1: ByteString) => KnownScript | undefined;
  readonly owns?: KeyContext['owns'];
}

const commands = createCommandTable(allCommands);
const { session } = new OnePartition();
const readyBySource = new Map<ByteString, ReadyScript>();
const elapsedMs = 50;

export function readyOf(source: ByteString): ReadyScript {
  const known = readyBySource.get(source);
  if (known !== undefined) return known;
  const script = compileScript(source);
  if (script.kind === 'error') throw new Error(script.text);
  const sha1 = createHash('sha1').update(source, 'latin1').digest('hex');
  const ready = { sha1, script };
  readyBySource.set(source, ready);
  return ready;
}

/** Runs a script on a keyspace of its own, and tells everything that can be seen afterwards. */
export function outcomeOf(
  source: ByteString,
  state: State,
  { keys, argv, readOnly = false }: Call,
  { findKnown, owns = () => true }: Options = {},
): Outcome {
  const keyspace = keyspaceOf(state);
  const context = contextOf(keyspace, state.db, owns);
  const reply = runOverKeyspace(context, readyOf(source), { keys, argv, readOnly }, findKnown);
  const leases = [0, 1, 15].flatMap((db) => [...keyspace.leases(db)]);
  return {
    reply,
    effects: keyspace.effects,
    effectBytes: keyspace.effectBytes,
    lastToken: keyspace.lastToken,
    counts: keyspace.counts,
    leases: leases.sort((one, other) => one.db - other.db || (one.key < other.key ? -1 : 1)),
  };
}

export function contextOf(keyspace: Keyspace, db: number, owns: KeyContext['owns']): KeyContext {
  return {
    keyspace,
    meta: keyspace,
    db,
    wallMs: 1_700_000_000_000,
    within: 'nothing',
    owns,
    session,
    server,
    commands,
  };
}

function keyspaceOf(state: State): Keyspace {
  const { leaseGuardPercent, lagMs } = state;
  const keyspace = new Keyspace(new Base(16), { leaseGuardPercent });
  keyspace.setTime({ nowMs: 1000, horizonMs: 1000 });
  keyspace.requestId = 'first';
  putAll(keyspace, state.committed);
  keyspace.seal(1);
  keyspace.commit(1, 1000);
  const nowMs = 1000 + elapsedMs;
  keyspace.setTime({ nowMs, horizonMs: nowMs - lagMs });
  keyspace.requestId = 'second';
  putAll(keyspace, state.executed);
  return keyspace;
}

function putAll(keyspace: Keyspace, leases: readonly StateLease[]): void {
  for (const { db, key, value, ttl } of leases) {
    keyspace.put(db, key, value, ttl === 0 ? NEVER : keyspace.nowMs + ttl);
  }
}

const server: ServerPort = {
  redisVersion: '7.0.15',
  wallMicros: () => 0,
  sha1Hex: (bytes) => createHash('sha1').update(bytes, 'latin1').digest('hex'),
  log: () => {},
  config: { match: () => [], set: () => undefined, resetStatistics: () => {} },
  info: () => '',
  authenticate: () => 'unneeded',
  sessions: { find: () => undefined, all: () => [] },
  subscriptions: {
    byteCount: () => 0,
    subscribe: () => {},
    unsubscribe: () => {},
    subscribePattern: () => {},
    unsubscribePattern: () => {},
    channels: () => [],
    subscriberCount: () => 0,
    patternCount: () => 0,
    receiverCount: () => 0,
  },
  slowlog: { entries: () => [], length: 0, reset: () => {} },
  shutdown: () => {},
};
