import { limits } from '../base/limits.ts';

/**
 * Holds back lines of the log that say the same about the same peer: a stranger that knocks all
 * day must not fill the disk.
 */
export class LineLimiter {
  readonly #monotonicMs: () => number;
  readonly #lines = new Map<string, { readonly atMs: number; heldBack: number }>();

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  /**
   * Whether a line may be written now.
   *
   * @param subject the peer
   * @param reason what is said about it
   * @returns how many like it were held back since the last one; undefined if this one is, too
   */
  admit(subject: string, reason: string): number | undefined {
    const key = `${subject} ${reason}`;
    const nowMs = this.#monotonicMs();
    const known = this.#lines.get(key);
    if (known !== undefined && nowMs - known.atMs < limits.peerLogIntervalMs) {
      known.heldBack += 1;
      return undefined;
    }
    if (known === undefined && !this.#hasRoom(nowMs)) return undefined;
    this.#lines.delete(key);
    this.#lines.set(key, { atMs: nowMs, heldBack: 0 });
    return known?.heldBack ?? 0;
  }

  /** Lines stand in the order of their time, so the oldest is the first. */
  #hasRoom(nowMs: number): boolean {
    if (this.#lines.size < limits.peerLogLineCountMax) return true;
    for (const [key, { atMs }] of this.#lines) {
      if (nowMs - atMs < limits.peerLogIntervalMs) return false;
      this.#lines.delete(key);
      return true;
    }
    return true;
  }
}
