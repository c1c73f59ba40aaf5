import type { HistoryEvent } from './history.ts';

interface TokenRecord {
  readonly key: string;
  readonly owner: string;
  /** When a client first knew of it. */
  readonly knownAtMs: number;
}

/**
 * Tokens over all keys of one partition: none is given twice, and whoever asks for a lock after a
 * token was known gets a larger one.
 */
export class TokenBook {
  readonly #records = new Map<number, TokenRecord>();
  /** When each owner first asked for each key. */
  readonly #askedAtMs = new Map<string, number>();
  readonly #repeated: string[] = [];

  get size(): number {
    return this.#records.size;
  }

  add({ operation, outcome, sentAtMs, answeredAtMs }: HistoryEvent): void {
    const { key } = operation;
    if (operation.kind === 'set' || operation.kind === 'lock') {
      const name = nameOf(key, operation.owner);
      this.#askedAtMs.set(name, Math.min(sentAtMs, this.#askedAtMs.get(name) ?? sentAtMs));
    }
    if (outcome.kind === 'held') {
      this.#note(outcome.token, { key, owner: outcome.owner, knownAtMs: answeredAtMs });
    } else if (outcome.kind === 'yes' && outcome.token !== undefined && 'owner' in operation) {
      this.#note(outcome.token, { key, owner: operation.owner, knownAtMs: answeredAtMs });
    }
  }

  violations(): readonly string[] {
    return [...this.#repeated, ...this.#lower()];
  }

  #note(token: number, record: TokenRecord): void {
    const known = this.#records.get(token);
    if (known === undefined) {
      this.#records.set(token, record);
      return;
    }
    if (known.key !== record.key || known.owner !== record.owner) {
      const [first, second] = [known, record].map(({ key, owner }) => `${owner} of ${key}`);
      this.#repeated.push(`token ${token} was given to ${first} and to ${second}`);
    }
    if (record.knownAtMs < known.knownAtMs) this.#records.set(token, record);
  }

  #lower(): readonly string[] {
    const byTime = [...this.#records].sort(([, a], [, b]) => a.knownAtMs - b.knownAtMs);
    const byRequest = byTime
      .map(([token, { key, owner }]) => ({
        token,
        askedAtMs: this.#askedAtMs.get(nameOf(key, owner)),
      }))
      .sort((a, b) => (a.askedAtMs ?? 0) - (b.askedAtMs ?? 0));
    const found: string[] = [];
    let known = 0;
    let largest = 0;
    for (const { token, askedAtMs } of byRequest) {
      if (askedAtMs === undefined) {
        found.push(`token ${token} belongs to a lock that nobody asked for`);
        continue;
      }
      for (let next = byTime[known]; next !== undefined; next = byTime[known]) {
        if (next[1].knownAtMs >= askedAtMs) break;
        largest = Math.max(largest, next[0]);
        known += 1;
      }
      if (token < largest) found.push(`token ${token} was given when ${largest} was known`);
    }
    return found;
  }
}

function nameOf(key: string, owner: string): string {
  return `${key}\n${owner}`;
}
