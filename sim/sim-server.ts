import { createHash } from 'node:crypto';
import { createCommandTable } from '../src/commands/command-table.ts';
import type { ServerPort } from '../src/commands/server-port.ts';
import { allCommands } from '../src/commands/table.ts';
import type { RouterPort } from '../src/partition/router-port.ts';
import type { Reply } from '../src/resp/reply.ts';
import { Dispatcher } from '../src/server/dispatch.ts';
import type { SessionObserver } from '../src/server/session-observer.ts';
import { Subscriptions } from '../src/server/subscriptions.ts';
import type { SessionHome, SimSession } from './sim-session.ts';

export const commands = createCommandTable(allCommands);

export function sha1Hex(text: string): string {
  return createHash('sha1').update(Buffer.from(text, 'latin1')).digest('hex');
}

const nobody: SessionObserver = {
  sessionOpened: () => undefined,
  sessionClosed: () => undefined,
  connectionRefused: () => undefined,
  bytesReceived: () => undefined,
  bytesSent: () => undefined,
  commandDone: () => undefined,
  commandRefused: () => undefined,
};

/** The sessions of one simulated process, and what their commands ask a server for. */
export class SimServer implements SessionHome {
  readonly subscriptions = new Subscriptions();
  readonly port: ServerPort;
  readonly #sessions = new Map<number, SimSession>();
  #router: RouterPort | undefined;
  #dispatcher: Dispatcher | undefined;
  readonly #inTurn: (act: () => void) => void;

  constructor(options: {
    /** Carries out what operators ask for; undefined in a node alone. */
    readonly administer: () => ServerPort['administer'];
    /** Has the process do something in a turn, if it lives. */
    readonly inTurn: (act: () => void) => void;
  }) {
    const { subscriptions } = this;
    const { administer, inTurn } = options;
    this.#inTurn = inTurn;
    const sessions = { find: (id: number) => this.#sessions.get(id) };
    const server = {
      redisVersion: '8.4.0',
      sha1Hex,
      log: () => undefined,
      subscriptions,
      sessions,
      get administer() {
        return administer();
      },
    };
    // `as`: what the commands of simulated clients ask a server for, and no more.
    this.port = server as unknown as ServerPort;
  }

  /** Commands run from now on. */
  begin(router: RouterPort): void {
    this.#router = router;
    this.#dispatcher = new Dispatcher({ commands, router, observer: nobody, micros: () => 0 });
  }

  get context(): SessionHome['context'] {
    return { server: this.port, commands };
  }

  get router(): RouterPort {
    if (this.#router === undefined) throw new RangeError('the process does not serve yet');
    return this.#router;
  }

  /** Runs one request of a session, in a turn that has begun. */
  execute(session: SimSession, args: readonly string[], reply: (reply: Reply) => void): void {
    if (this.#dispatcher === undefined) return;
    this.#sessions.set(session.id, session);
    session.connect(this);
    session.expect(reply);
    this.#dispatcher.dispatch(session, args);
  }

  left(session: SimSession): void {
    this.#sessions.delete(session.id);
    if (session.isKnown) this.#inTurn(() => session.letGo());
  }
}
