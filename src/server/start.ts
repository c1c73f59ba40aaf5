import { performance } from 'node:perf_hooks';
import type { Logger } from 'pino';
import { assert } from '../base/assert.ts';
import type { FencepostError } from '../base/errors.ts';
import type { ClusterView } from '../commands/cluster-view.ts';
import { createCommandTable } from '../commands/command-table.ts';
import { allCommands } from '../commands/table.ts';
import { FolderWatch } from '../node/folder-watch.ts';
import type { Node } from '../node/node.ts';
import { startNode } from '../node/start-node.ts';
import { refuseAdministration, viewOfOneNode } from './cluster-admin.ts';
import { clusterSettings } from './cluster-settings.ts';
import type { Config } from './config.ts';
import { Dispatcher } from './dispatch.ts';
import { FlushQueue } from './flush-queue.ts';
import { type ListenAddress, Listener, type ListenerSettings } from './listener.ts';
import { ProcessObserver } from './process-observer.ts';
import { Server } from './server.ts';
import type { SessionServices } from './session.ts';
import { sessionLimits } from './session-limits.ts';
import { SessionRegistry } from './session-registry.ts';
import { sampleMs } from './statistics.ts';
import { Subscriptions } from './subscriptions.ts';

/** How long a stop waits for clients that do not read the replies they are owed. */
const stopGraceMs = 10_000;

export interface StartOptions {
  readonly config: Config;
  readonly log: Logger;
  /** The text of a file that a setting names. */
  readonly readFile: (path: string) => string;
  /** SHUTDOWN asks for `stop`. */
  readonly onShutdown: () => void;
  /**
   * The disk failed or the data folder is lost: everybody who waited was told, and nothing more
   * can be promised.
   */
  readonly onFailure: (failure: FencepostError) => void;
}

/** A server that answers clients. */
export interface RunningServer {
  readonly addresses: readonly ListenAddress[];
  /** Its number in a cluster; undefined for a node alone. */
  readonly nodeId: number | undefined;
  /** Leases that were there at the start. */
  readonly leaseCount: number;
  /** Takes no more work, answers what is held, syncs and closes everything. */
  stop(): Promise<void>;
}

/**
 * Puts the parts of a server together and starts them: the node on its data folder first, then
 * the port, so that whoever connects is served. A new folder is made only if the port is free.
 *
 * @throws FencepostError if the data folder or an address cannot be used
 */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  const { config, log } = options;
  const registry = new SessionRegistry();
  const subscriptions = new Subscriptions();
  const commands = createCommandTable(allCommands);
  const flushQueue = new FlushQueue({ requestTurnEnd: () => node.requestTurnEnd() });
  const server = new Server({
    config,
    log,
    sessions: registry,
    subscriptions,
    status: () => node.status(),
    cluster: clusterSeenFrom(() => node),
    administer: (request, done) => (node.administer ?? refuseAdministration)(request, done),
    onShutdown: options.onShutdown,
  });
  const node: Node = await startNode({
    dataFolder: config.text('dir'),
    partitionCount: config.number('partitions'),
    leaseGuardPercent: config.number('lease-guard'),
    fsyncMode: fsyncModeOf(config),
    commands,
    server,
    cluster: clusterSettings(config, options.readFile),
    checkAddresses: () => Listener.check(addressesOf(config)),
    log: (message, details, level = 'info') => log[level](details, message),
    onPublish: (channel, message) => subscriptions.deliver(channel, message),
    onTurnEnd: () => flushQueue.flushAll(),
    onFailure: options.onFailure,
  });
  config.settle('partitions', node.partitions.length - 1);
  const leaseCount = node.status().databases.reduce((count, { keyCount }) => count + keyCount, 0);
  const { statistics, slowlog } = server;
  const { router } = node;
  const observer = new ProcessObserver({ statistics, slowlog, log });
  const micros = () => performance.now() * 1000;
  const listener = await listen(node, config, {
    dispatcher: new Dispatcher({ commands, router, observer, micros }),
    router,
    registry,
    subscriptions,
    flushQueue,
    observer,
    limits: {
      ...sessionLimits,
      queryBytesMax: config.number('client-query-buffer-limit'),
      outputBytesMax: config.number('output-buffer-limit'),
    },
    server,
    commands,
    wallMs: () => node.wallMs,
  });
  const folderWatch = new FolderWatch({
    folder: config.text('dir'),
    onLost: (failure) => node.fail(failure),
  });
  const sampler = setInterval(() => statistics.sample(performance.now()), sampleMs);
  return {
    addresses: listener.addresses,
    nodeId: node.view?.self,
    leaseCount,
    stop: async () => {
      clearInterval(sampler);
      folderWatch.stop();
      await listener.stop(stopGraceMs);
      await node.stop();
    },
  };
}

/** The cluster as commands see it: they run once the node is there, and not before. */
function clusterSeenFrom(node: () => Node): ClusterView {
  const alone = viewOfOneNode(() => node().status());
  const view = () => node().view ?? alone;
  return {
    get enabled() {
      return view().enabled;
    },
    get clusterId() {
      return view().clusterId;
    },
    get self() {
      return view().self;
    },
    nodes: () => view().nodes(),
    groups: () => view().groups(),
  };
}

const fsyncModes = ['auto', 'on-loop', 'asynchronous'] as const;

function fsyncModeOf(config: Config): (typeof fsyncModes)[number] {
  const mode = fsyncModes.find((each) => each === config.text('fsync'));
  assert(mode !== undefined, 'the table of settings lists the modes of fsync');
  return mode;
}

function addressesOf(config: Config): { readonly hosts: readonly string[]; readonly port: number } {
  const hosts = config.text('bind').split(/[\s,]+/);
  return { hosts: hosts.filter((host) => host !== ''), port: config.number('port') };
}

/** Listens, or gives the data folder back for another try. */
async function listen(node: Node, config: Config, services: SessionServices): Promise<Listener> {
  try {
    const listener = await Listener.open({
      ...addressesOf(config),
      settings: listenerSettings(config),
      services,
    });
    const [first] = listener.addresses;
    if (first !== undefined) config.settle('port', first.port);
    return listener;
  } catch (failure) {
    await node.stop();
    throw failure;
  }
}

/** CONFIG SET changes these while the server runs, so they are read each time. */
function listenerSettings(config: Config): ListenerSettings {
  return {
    get maxClients() {
      return config.number('maxclients');
    },
    get timeoutSeconds() {
      return config.number('timeout');
    },
    get keepAliveSeconds() {
      return config.number('tcp-keepalive');
    },
    get protectedMode() {
      return config.yes('protected-mode');
    },
    get passwordRequired() {
      return config.text('requirepass') !== '';
    },
  };
}
