import type { HistoryEvent } from '../checker/history.ts';

/** What is known of the grants of one key to one owner. */
interface Grants {
  readonly tokens: Set<number>;
  /** Granted acquisitions that show no token (SET), and such as show it (KLOCK). */
  silent: number;
  telling: number;
}

/**
 * Tokens of one partition count its grants and nothing else (DESIGN.md 3): +1 for each, dense.
 * Clients do not see every token, but they know how many grants there were, except for the
 * requests whose outcome they do not know; so the last token lies between two numbers.
 */
export class DensityBook {
  #least = 0;
  #most = 0;

  /** Adds everything that happened to some keys; no key comes again. */
  addRound(events: readonly HistoryEvent[]): void {
    const byName = new Map<string, Grants>();
    const grantsOf = (key: string, owner: string): Grants => {
      const name = `${key}\n${owner}`;
      const grants = byName.get(name) ?? { tokens: new Set(), silent: 0, telling: 0 };
      byName.set(name, grants);
      return grants;
    };
    for (const { operation, outcome } of events) {
      if (outcome.kind === 'held') {
        grantsOf(operation.key, outcome.owner).tokens.add(outcome.token);
        continue;
      }
      const acquires = operation.kind === 'set' || operation.kind === 'lock';
      if (acquires && outcome.kind === 'unknown') this.#most += 1;
      if (outcome.kind !== 'yes' || !('owner' in operation)) continue;
      const grants = grantsOf(operation.key, operation.owner);
      if (outcome.token !== undefined) grants.tokens.add(outcome.token);
      if (operation.kind === 'set') grants.silent += 1;
      if (operation.kind === 'lock') grants.telling += 1;
    }
    for (const { tokens, silent, telling } of byName.values()) {
      this.#least += Math.max(tokens.size, silent);
      // A token of SET may never have been shown, if its owner was granted again by KLOCK.
      this.#most += Math.max(tokens.size, Math.min(silent + telling, tokens.size + silent));
    }
  }

  /**
   * @param lastToken of a grant after all others, itself added
   * @returns what is wrong with it, or undefined
   */
  judge(lastToken: number): string | undefined {
    const grants = `${this.#least} to ${this.#most} grants`;
    if (lastToken < this.#least) {
      return `token ${lastToken} after ${grants}: tokens were given again`;
    }
    if (lastToken > this.#most) return `token ${lastToken} after ${grants}: tokens were left out`;
    return undefined;
  }
}
