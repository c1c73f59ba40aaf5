import { createHash } from 'node:crypto';
import { releaseScript, requestOf } from '../harness/request.ts';

export const releaseSha1 = createHash('sha1').update(releaseScript).digest('hex');

const ttlMs = '30000';

/** How a pair is spelled: as Redis clients do, or with Fencepost's own commands. */
export const dialects = ['set', 'klock'] as const;
export type Dialect = (typeof dialects)[number];

/** What the reply to a command must be. */
export const expectations = {
  /** `+OK`: the plain acquisition was granted. */
  ok: 0,
  /** `:1`: the owner held the lock and released it. */
  one: 1,
  /** `:n`: a token. */
  token: 2,
} as const;

/**
 * Requests written at once, and what must come back. The bytes are built once; before each use
 * the counters in keys and owners are moved on in place.
 */
export interface Batch {
  readonly bytes: Buffer;
  readonly expected: Uint8Array;
  /** Offsets behind the last digit of each counter. */
  readonly counterEnds: Uint32Array;
}

/** Keys run through this many names for each connection and place in its pipeline. */
const keyDigits = 3;
const ownerDigits = 10;

/** Stands for the counter until its offset is known; no other byte of a request looks like it. */
const ownerCounter = '\u0001'.repeat(ownerDigits);
const keyCounter = '\u0001'.repeat(keyDigits);

/**
 * The batches that one connection sends in turn for ever: acquire, then release; or, with a depth
 * above 1, that many pairs in one write.
 */
export function batchesOf(dialect: Dialect, connection: number, depth: number): readonly Batch[] {
  const pairs = Array.from({ length: depth }, (_, place) => pairOf(dialect, connection, place));
  if (depth > 1) return [batchOf(pairs.flat())];
  return (pairs[0] ?? []).map((request) => batchOf([request]));
}

/** Moves every counter of the batch on by one; a counter at its end begins again at zero. */
export function advance({ bytes, counterEnds }: Batch): void {
  for (const end of counterEnds) {
    let at = end - 1;
    while (bytes[at] === nine) {
      bytes[at] = zero;
      at -= 1;
    }
    const digit = bytes[at] ?? 0;
    if (digit >= zero && digit < nine) bytes[at] = digit + 1;
  }
}

interface Request {
  readonly text: string;
  readonly expected: number;
}

/** The hash tag of the keys of one connection and place in its pipeline: all in one slot. */
export function laneOf(connection: number, place: number): string {
  return `${String(connection).padStart(4, '0')}-${String(place).padStart(2, '0')}`;
}

function pairOf(dialect: Dialect, connection: number, place: number): readonly Request[] {
  const lane = laneOf(connection, place);
  const key = `bench:{${lane}}:${keyCounter}`;
  const owner = `owner-${lane}-${ownerCounter}`;
  if (dialect === 'klock') {
    const { token, one } = expectations;
    return [
      { text: requestOf(['KLOCK', key, owner, ttlMs]), expected: token },
      { text: requestOf(['KUNLOCK', key, owner]), expected: one },
    ];
  }
  const acquire = requestOf(['SET', key, owner, 'NX', 'PX', ttlMs]);
  const release = requestOf(['EVALSHA', releaseSha1, '1', key, owner]);
  return [
    { text: acquire, expected: expectations.ok },
    { text: release, expected: expectations.one },
  ];
}

function batchOf(requests: readonly Request[]): Batch {
  const text = requests.map((request) => request.text).join('');
  const counterEnds: number[] = [];
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '\u0001' && text[at + 1] !== '\u0001') counterEnds.push(at + 1);
  }
  return {
    bytes: Buffer.from(text.replaceAll('\u0001', '0'), 'latin1'),
    expected: Uint8Array.from(requests, ({ expected }) => expected),
    counterEnds: Uint32Array.from(counterEnds),
  };
}

const zero = 0x30;
const nine = 0x39;
