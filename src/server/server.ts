import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Logger } from 'pino';
import { type ByteString, byteStringOfText, bytesOf } from '../base/byte-string.ts';
import type { ClusterView } from '../commands/cluster-view.ts';
import type { ServerPort } from '../commands/server-port.ts';
import type { NodeStatus } from '../node/status.ts';
import {
  type Administer,
  administration,
  refuseAdministration,
  viewOfOneNode,
} from './cluster-admin.ts';
import type { Config } from './config.ts';
import { type InfoSources, infoText } from './info.ts';
import { levelOfRedis } from './logging.ts';
import { Slowlog } from './slowlog.ts';
import { Statistics } from './statistics.ts';
import { WallClock } from './wall-clock.ts';

export interface ServerOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly sessions: ServerPort['sessions'];
  readonly subscriptions: ServerPort['subscriptions'];
  readonly status: () => NodeStatus;
  /** The cluster that the node belongs to, and what changes it; without them it runs alone. */
  readonly cluster?: ClusterView;
  readonly administer?: Administer;
  /** SHUTDOWN asks for a graceful stop. */
  readonly onShutdown: () => void;
}

/** What the commands of all sessions share: the process seen from within a command. */
export class Server implements ServerPort {
  readonly statistics = new Statistics();
  readonly slowlog: Slowlog;
  readonly sessions: ServerPort['sessions'];
  readonly subscriptions: ServerPort['subscriptions'];
  readonly config: ServerPort['config'];
  readonly redisVersion: ByteString;
  readonly cluster: ClusterView;
  readonly administer: Administer;
  readonly #config: Config;
  readonly #log: Logger;
  readonly #clock = new WallClock();
  readonly #infoSources: InfoSources;
  readonly #onShutdown: () => void;

  constructor(options: ServerOptions) {
    const { config, log, sessions, subscriptions, status } = options;
    this.cluster = options.cluster ?? viewOfOneNode(status);
    this.administer = administration(this.cluster, options.administer ?? refuseAdministration);
    this.sessions = sessions;
    this.subscriptions = subscriptions;
    this.redisVersion = config.text('redis-version');
    this.config = {
      match: (patterns) => config.match(patterns).map((pair) => this.#factOf(pair)),
      set: (pairs) => config.set(pairs),
      resetStatistics: () => this.statistics.reset(status().keyCounts),
    };
    // Asked after every command, so it is not looked up each time.
    let slowerThanMicros = 0;
    config.follow('slowlog-log-slower-than', () => {
      slowerThanMicros = config.number('slowlog-log-slower-than');
    });
    this.slowlog = new Slowlog({
      slowerThanMicros: () => slowerThanMicros,
      lengthMax: () => config.number('slowlog-max-len'),
      wallMicros: () => this.wallMicros(),
    });
    config.follow('slowlog-max-len', () => this.slowlog.trim());
    config.follow('loglevel', () => {
      log.level = config.text('loglevel');
    });
    const startedAtMs = performance.now();
    this.#infoSources = {
      config,
      statistics: this.statistics,
      sessions,
      subscriptions,
      status,
      cluster: this.cluster,
      wallMicros: () => this.wallMicros(),
      uptimeSeconds: () => (performance.now() - startedAtMs) / 1000,
      runId: randomBytes(20).toString('hex'),
    };
    this.#config = config;
    this.#log = log;
    this.#onShutdown = options.onShutdown;
  }

  wallMicros(): number {
    return this.#clock.micros();
  }

  sha1Hex(bytes: ByteString): ByteString {
    return createHash('sha1').update(bytes, 'latin1').digest('hex');
  }

  log(level: number, message: ByteString): void {
    this.#log[levelOfRedis(level)](bytesOf(message).toString('utf8'));
  }

  info(sections: readonly ByteString[]): ByteString {
    return infoText(this.#infoSources, sections);
  }

  authenticate(user: ByteString, password: ByteString): 'accepted' | 'refused' | 'unneeded' {
    const expected = byteStringOfText(this.#config.text('requirepass'));
    // Digests have one length, and their comparison takes the same time wherever they differ.
    const equal = timingSafeEqual(digestOf(password), digestOf(expected));
    if (user !== 'default') return 'refused';
    if (expected === '') return 'unneeded';
    return equal ? 'accepted' : 'refused';
  }

  shutdown(): void {
    this.#onShutdown();
  }

  /** The one fact that the node decides. */
  #factOf(pair: readonly [ByteString, ByteString]): readonly [ByteString, ByteString] {
    const [name] = pair;
    return name === 'cluster-enabled' ? [name, this.cluster.enabled ? 'yes' : 'no'] : pair;
  }
}

function digestOf(password: ByteString): Buffer {
  return createHash('sha256').update(password, 'latin1').digest();
}
