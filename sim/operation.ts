import type { Prng } from '../src/base/prng.ts';

/** What a simulated client asks for. Every acquisition has an owner of its own. */
export type Operation =
  | {
      readonly kind: 'acquire';
      readonly key: string;
      readonly owner: string;
      readonly ttlMs: number;
    }
  | {
      readonly kind: 'extend';
      readonly key: string;
      readonly owner: string;
      readonly ttlMs: number;
    }
  | { readonly kind: 'release'; readonly key: string; readonly owner: string }
  | { readonly kind: 'read'; readonly key: string };

/** In which of its spellings the operation is sent. */
export type Spelling = 'own' | 'redis' | 'script' | 'known-script';

export interface Request {
  readonly operation: Operation;
  readonly spelling: Spelling;
  readonly args: readonly string[];
}

/** Compare-and-delete and compare-and-pexpire, as lock libraries send them. */
const releaseScript =
  "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) " +
  'else return 0 end';
const extendScript =
  "if redis.call('get', KEYS[1]) == ARGV[1] then " +
  "return redis.call('pexpire', KEYS[1], ARGV[2]) else return 0 end";

export interface Scripts {
  readonly sha1Hex: (text: string) => string;
}

export function requestOf(operation: Operation, spelling: Spelling, scripts: Scripts): Request {
  return { operation, spelling, args: argsOf(operation, spelling, scripts) };
}

function argsOf(operation: Operation, spelling: Spelling, scripts: Scripts): readonly string[] {
  const { key } = operation;
  switch (operation.kind) {
    case 'acquire': {
      const { owner, ttlMs } = operation;
      if (spelling === 'own') return ['KLOCK', key, owner, `${ttlMs}`];
      return ['SET', key, owner, 'NX', 'PX', `${ttlMs}`];
    }
    case 'extend': {
      const { owner, ttlMs } = operation;
      if (spelling === 'own') return ['KEXTEND', key, owner, `${ttlMs}`];
      return [...evalOf(extendScript, spelling, scripts), '1', key, owner, `${ttlMs}`];
    }
    case 'release':
      if (spelling === 'own') return ['KUNLOCK', key, operation.owner];
      return [...evalOf(releaseScript, spelling, scripts), '1', key, operation.owner];
    case 'read':
      if (spelling === 'own') return ['KGET', key];
      return [spelling === 'redis' ? 'GET' : 'PTTL', key];
  }
}

function evalOf(script: string, spelling: Spelling, { sha1Hex }: Scripts): readonly string[] {
  return spelling === 'known-script' ? ['EVALSHA', sha1Hex(script)] : ['EVAL', script];
}

const spellings: readonly Spelling[] = ['own', 'own', 'redis', 'script', 'known-script'];

export function drawSpelling(prng: Prng): Spelling {
  return prng.pick(spellings);
}
