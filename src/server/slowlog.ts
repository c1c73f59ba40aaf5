import { asciiUpper, type ByteString } from '../base/byte-string.ts';
import type { ServerPort, SlowlogEntry } from '../commands/server-port.ts';
import type { SessionPort } from '../commands/session-port.ts';

/** As Redis: an entry keeps 32 arguments, and 128 bytes of each. */
const argumentCountMax = 32;
const argumentBytesMax = 128;

export interface SlowlogOptions {
  /** -1: nothing is slow. */
  readonly slowerThanMicros: () => number;
  readonly lengthMax: () => number;
  readonly wallMicros: () => number;
}

/** The commands that ran longest of late, newest first (redis.io/commands/slowlog-get). */
export class Slowlog implements Readonly<ServerPort['slowlog']> {
  readonly #options: SlowlogOptions;
  /** Oldest first. */
  #entries: SlowlogEntry[] = [];
  #nextId = 0;

  constructor(options: SlowlogOptions) {
    this.#options = options;
  }

  get length(): number {
    return this.#entries.length;
  }

  /** The newest `count` entries, newest first; -1 means all. */
  entries(count: number): readonly SlowlogEntry[] {
    const newestFirst = this.#entries.toReversed();
    return count < 0 ? newestFirst : newestFirst.slice(0, count);
  }

  reset(): void {
    this.#entries = [];
  }

  /** Notes a command that ran for `micros`, if that is slow. */
  note(session: SessionPort, args: readonly ByteString[], micros: number): void {
    const slowerThanMicros = this.#options.slowerThanMicros();
    if (slowerThanMicros < 0 || micros < slowerThanMicros) return;
    this.#entries.push({
      id: this.#nextId,
      atSeconds: Math.floor(this.#options.wallMicros() / 1_000_000),
      durationMicros: Math.round(micros),
      args: shortened(withoutSecrets(args)),
      peerAddress: session.peerAddress,
      clientName: session.name,
    });
    this.#nextId += 1;
    this.trim();
  }

  /** Forgets the oldest entries beyond the length allowed now. */
  trim(): void {
    const surplus = this.#entries.length - this.#options.lengthMax();
    if (surplus > 0) this.#entries.splice(0, surplus);
  }
}

const REDACTED = '(redacted)';

/** Passwords are in no log: AUTH, HELLO … AUTH, CONFIG SET requirepass. */
function withoutSecrets(args: readonly ByteString[]): readonly ByteString[] {
  const [name = '', subcommand = ''] = args.map(asciiUpper);
  if (name === 'AUTH') return args.map((arg, at) => (at === 0 ? arg : REDACTED));
  if (name === 'HELLO') {
    const authAt = args.findIndex((arg, at) => at > 1 && asciiUpper(arg) === 'AUTH');
    if (authAt === -1) return args;
    return args.map((arg, at) => (at === authAt + 1 || at === authAt + 2 ? REDACTED : arg));
  }
  if (name !== 'CONFIG' || subcommand !== 'SET') return args;
  const isSecret = (at: number) => at % 2 === 1 && asciiUpper(args[at - 1] ?? '') === 'REQUIREPASS';
  return args.map((arg, at) => (isSecret(at) ? REDACTED : arg));
}

function shortened(args: readonly ByteString[]): readonly ByteString[] {
  const kept = args.length > argumentCountMax ? args.slice(0, argumentCountMax - 1) : args;
  const short = kept.map(shortenedArgument);
  if (kept.length < args.length) short.push(`... (${args.length - kept.length} more arguments)`);
  return short;
}

function shortenedArgument(arg: ByteString): ByteString {
  if (arg.length <= argumentBytesMax) return arg;
  const more = arg.length - argumentBytesMax;
  return `${arg.slice(0, argumentBytesMax)}... (${more} more bytes)`;
}
