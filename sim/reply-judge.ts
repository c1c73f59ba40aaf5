import type { Lease } from '../src/keyspace/lease.ts';
import type { Reply } from '../src/resp/reply.ts';
import type { LeaseBook, Version } from './lease-book.ts';
import type { Request } from './operation.ts';
import { check, Violation } from './violation.ts';

/** What a reply tells its client. */
export type Answer =
  /** The request took effect; `token` where the reply shows it. */
  | { readonly kind: 'done'; readonly token: number | undefined }
  | { readonly kind: 'refused' }
  /** A read: what it saw was judged. */
  | { readonly kind: 'seen' }
  /** It took effect or not. */
  | { readonly kind: 'unknown' }
  /** It did not take effect, and never will. */
  | { readonly kind: 'down' }
  /** The script is to be sent with its text. */
  | { readonly kind: 'no-script' };

/** The request was at a node from here to there. */
export interface Span {
  readonly arrivedAtMicros: number;
  readonly answeredAtMicros: number;
}

const roundingMs = 3;

/**
 * Judges one reply against the committed history of its key: there must be a state, current at
 * some moment between request and reply, that explains it. A state is current from the commit of
 * its entry to the next commit, so this is linearizability of the single reply; an effect that was
 * acknowledged must be committed within the span.
 */
export class ReplyJudge {
  readonly #book: LeaseBook;

  constructor(book: LeaseBook) {
    this.#book = book;
  }

  judge(request: Request, reply: Reply, span: Span): Answer {
    if (reply.kind === 'error') return answerOfError(request, reply.text);
    const { operation } = request;
    const { arrivedAtMicros, answeredAtMicros } = span;
    const versions = this.#book.versionsBetween(operation.key, arrivedAtMicros, answeredAtMicros);
    const explained = (invariant: string, fits: (version: Version) => boolean): void => {
      check(versions.some(fits), invariant, () => {
        const seen = versions.map(describe).join('; ');
        return `${request.args.join(' ')} got ${JSON.stringify(reply)}, the key was ${seen}`;
      });
    };
    if (operation.kind === 'read') {
      explained('reads are linearizable', this.#readFits(request, reply, answeredAtMicros));
      return { kind: 'seen' };
    }
    const { owner } = operation;
    if (reply.kind === 'null' || (reply.kind === 'integer' && reply.value === 0)) {
      if (operation.kind === 'acquire') {
        const others = ({ lease }: Version): boolean =>
          lease !== undefined && lease.value !== owner;
        explained('only a held lock is refused', others);
      } else explained('only a stranger is refused', ({ lease }) => lease?.value !== owner);
      return { kind: 'refused' };
    }
    const token = tokenOf(request, reply);
    if (operation.kind === 'release') {
      const frees = (at: Version): boolean => at.lease === undefined && at.index > 0;
      explained('an acknowledged release is committed', frees);
    } else {
      explained('an acknowledged lease is committed', ({ lease }) => {
        return lease?.value === owner && (token === undefined || lease.token === token);
      });
    }
    return { kind: 'done', token };
  }

  /** Which states a read of this spelling may have seen. */
  #readFits(
    { spelling }: Request,
    reply: Reply,
    answeredAtMicros: number,
  ): (version: Version) => boolean {
    if (reply.kind === 'integer') {
      const ttlMs = Number(reply.value);
      if (ttlMs === -2) return ({ lease }) => lease === undefined;
      return (version) => this.#remainingFits(version, ttlMs, answeredAtMicros);
    }
    if (reply.kind === 'null') return ({ lease }) => lease === undefined;
    if (reply.kind === 'bulk') return ({ lease }) => lease?.value === reply.value;
    if (reply.kind !== 'map' || spelling !== 'own') return () => false;
    const fields = new Map(reply.entries.map(([name, value]) => [textOf(name), textOf(value)]));
    return (version) => {
      const { lease } = version;
      if (lease === undefined || fields.get('owner') !== lease.value) return false;
      if (fields.get('token') !== `${lease.token}`) return false;
      return this.#remainingFits(version, Number(fields.get('ttl-ms')), answeredAtMicros);
    };
  }

  /** A lease never shows less time than its owner has left on the fastest clock. */
  #remainingFits(version: Version, ttlMs: number, answeredAtMicros: number): boolean {
    const { lease, timeMs, appendedAtMicros } = version;
    if (lease === undefined) return false;
    const elapsedMs = ((answeredAtMicros - appendedAtMicros) / 1000) * this.#book.rateMax;
    return ttlMs >= lease.expiresAtMs - timeMs - elapsedMs - roundingMs;
  }
}

function answerOfError({ args }: Request, text: string): Answer {
  if (text.startsWith('UNCERTAIN ')) return { kind: 'unknown' };
  if (text.startsWith('CLUSTERDOWN ')) return { kind: 'down' };
  if (text.startsWith('NOSCRIPT ') && args[0] === 'EVALSHA') return { kind: 'no-script' };
  throw new Violation('errors are those that are documented', `${args.join(' ')} got ${text}`);
}

/** KLOCK and KEXTEND show the token; the others show only that they took effect. */
function tokenOf({ operation, spelling, args }: Request, reply: Reply): number | undefined {
  const shows = spelling === 'own' && operation.kind !== 'release';
  if (reply.kind === 'integer') {
    const value = Number(reply.value);
    check(
      shows || value === 1,
      'a reply belongs to its request',
      () => `${args.join(' ')}: ${value}`,
    );
    return shows ? value : undefined;
  }
  const fits = reply.kind === 'simple' && reply.text === 'OK' && args[0] === 'SET';
  check(
    fits,
    'a reply belongs to its request',
    () => `${args.join(' ')}: ${JSON.stringify(reply)}`,
  );
  return undefined;
}

function textOf(reply: Reply): string {
  if (reply.kind === 'bulk') return reply.value;
  return reply.kind === 'integer' ? `${reply.value}` : '';
}

function describe({ lease, index }: Version): string {
  return `${describeLease(lease)} at ${index}`;
}

function describeLease(lease: Lease | undefined): string {
  if (lease === undefined) return 'free';
  return `held by ${lease.value} with token ${lease.token} until ${lease.expiresAtMs}`;
}
