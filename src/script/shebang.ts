import type { ByteString } from '../base/byte-string.ts';
import { type ErrorReply, error } from '../resp/reply.ts';

/** What a script says about itself in its first line (redis.io/docs/interact/programmability). */
export type ScriptFlag =
  | 'no-writes'
  | 'allow-oom'
  | 'allow-stale'
  | 'no-cluster'
  | 'allow-cross-slot-keys';

export interface Shebang {
  readonly kind: 'shebang';
  readonly isPresent: boolean;
  readonly flags: readonly ScriptFlag[];
  /** The script without that line, which stays as an empty one so that lines keep their number. */
  readonly body: ByteString;
}

const knownFlags: readonly ScriptFlag[] = [
  'no-writes',
  'allow-oom',
  'allow-stale',
  'no-cluster',
  'allow-cross-slot-keys',
];

/** Reads `#!lua flags=no-writes,...`, if the script begins with `#!`. */
export function readShebang(source: ByteString): Shebang | ErrorReply {
  if (!source.startsWith('#!')) {
    return { kind: 'shebang', isPresent: false, flags: [], body: source };
  }
  const end = source.indexOf('\n');
  if (end < 0) return error('ERR Invalid script shebang');
  const [engine, ...parts] = source
    .slice(0, end)
    .trim()
    .split(/[ \t\r]+/);
  if (engine !== '#!lua') {
    return error(`ERR Unexpected engine in script shebang: ${engine ?? ''}`);
  }
  const flags: ScriptFlag[] = [];
  for (const part of parts) {
    if (!part.startsWith('flags=')) {
      return error(`ERR Unknown lua shebang option: ${part}`);
    }
    const names = part.slice('flags='.length);
    for (const name of names === '' ? [] : names.split(',')) {
      const flag = knownFlags.find((known) => known === name);
      if (flag === undefined) return error(`ERR Unexpected flag in script shebang: ${name}`);
      flags.push(flag);
    }
  }
  return { kind: 'shebang', isPresent: true, flags, body: source.slice(end) };
}
