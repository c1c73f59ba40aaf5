import type { ServerPort } from '../commands/server-port.ts';
import type { Session } from './session.ts';

type SessionsPort = ServerPort['sessions'];

/** Sessions that are closing and whose peer does not read get this long. */
const closingMsMax = 10_000;

/** Every session of the process, by id. */
export class SessionRegistry implements SessionsPort {
  readonly #sessions = new Map<number, Session>();
  #lastId = 0;
  #onEmpty: (() => void) | undefined;

  get size(): number {
    return this.#sessions.size;
  }

  /** An id that no session of this process had before. */
  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  find(id: number): Session | undefined {
    return this.#sessions.get(id);
  }

  /** In the order in which they connected; sessions may end while they are walked through. */
  all(): Iterable<Session> {
    return this.#sessions.values();
  }

  add(session: Session): void {
    this.#sessions.set(session.id, session);
  }

  remove(session: Session): void {
    this.#sessions.delete(session.id);
    if (this.#sessions.size === 0) {
      this.#onEmpty?.();
      this.#onEmpty = undefined;
    }
  }

  /** Calls `listener` once, as soon as there is no session. */
  onEmpty(listener: () => void): void {
    if (this.#sessions.size === 0) listener();
    else this.#onEmpty = listener;
  }

  /**
   * Ends the sessions that were idle for longer than `idleMsMax` (0: never), subscribers excepted
   * as in Redis, and those that should have closed by now. One coarse timer calls this for all.
   */
  sweep(nowMs: number, idleMsMax: number): void {
    for (const session of this.#sessions.values()) {
      const idleMs = nowMs - session.lastActiveAtMs;
      if (session.closing) {
        if (nowMs - session.closingSinceMs > closingMsMax) session.close('connection failed');
      } else if (idleMsMax > 0 && idleMs > idleMsMax && !session.subscribed) {
        session.close('idle for too long');
      }
    }
  }
}
