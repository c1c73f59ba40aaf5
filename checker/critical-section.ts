/*
 * The judge of mutual exclusion. Whoever holds the lock enters and leaves; two inside at once, or
 * a token that is not greater than every token seen before, is a violation that it remembers.
 */

export class CriticalSection {
  readonly #violations: string[] = [];
  #inside: string | undefined;
  #lastToken = 0;
  #visits = 0;

  enter(visitor: string, token: number | undefined): void {
    if (this.#inside !== undefined) {
      this.#violations.push(`${visitor} entered while ${this.#inside} was inside`);
    }
    if (token !== undefined && token <= this.#lastToken) {
      this.#violations.push(`${visitor} came with token ${token} after ${this.#lastToken}`);
    }
    this.#inside = visitor;
    this.#lastToken = Math.max(this.#lastToken, token ?? 0);
    this.#visits += 1;
  }

  leave(visitor: string): void {
    if (this.#inside !== visitor) {
      this.#violations.push(`${visitor} left while ${this.#inside ?? 'nobody'} was inside`);
    }
    this.#inside = undefined;
  }

  get violations(): readonly string[] {
    return this.#violations;
  }

  get visits(): number {
    return this.#visits;
  }
}
