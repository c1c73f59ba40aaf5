import type { CheckpointStore } from '../src/node/checkpointer.ts';
import type { EngineOptions } from '../src/node/engine.ts';
import type { Store } from '../src/store/store.ts';
import type { Append } from '../src/store/store-port.ts';
import type { ProcessObserver } from './sim-process.ts';

/** Tells the observer of everything that goes to the log, and when it is durable. */
export function watchAppends(
  store: Store,
  observer: {
    readonly written: (append: Append) => void;
    readonly durable: (append: Append) => void;
  },
): EngineOptions['store'] {
  return {
    get turnsInFlight() {
      return store.turnsInFlight;
    },
    append: (appends, onDurable) => {
      for (const append of appends) observer.written(append);
      store.append(appends, () => {
        for (const append of appends) observer.durable(append);
        onDurable();
      });
    },
  };
}

/** Checkpoints go on in promises. */
export function watchCheckpoints(store: Store, mayResume: () => void): CheckpointStore {
  return {
    get segmentCount() {
      return store.segmentCount;
    },
    get pinningPartitions() {
      return store.pinningPartitions;
    },
    logBytesSinceCheckpoint: (partition) => store.logBytesSinceCheckpoint(partition),
    checkpoint: (checkpoint) => {
      mayResume();
      return store.checkpoint(checkpoint);
    },
  };
}

/** Tells the observer when a snapshot begins to replace the data of a replica, and when it has. */
export function watchSnapshots(
  store: Store,
  observer: ProcessObserver,
  alive: () => boolean,
): Store {
  return withMethods(store, {
    setPeers: (peers) => {
      observer.mayResume();
      return store.setPeers(peers);
    },
    openSnapshot: (partition) => {
      observer.mayResume();
      return store.openSnapshot(partition);
    },
    stageSnapshot: async (partition) => {
      observer.mayResume();
      const stage = await store.stageSnapshot(partition);
      return {
        add: (rows) => stage.add(rows),
        abort: () => stage.abort(),
        install: async (checkpoint) => {
          observer.snapshotInstalling(partition, checkpoint.index);
          await stage.install(checkpoint);
          if (alive()) observer.snapshotInstalled(partition, checkpoint.index);
        },
      };
    },
  });
}

/** The store with some of its methods watched; the others are its own. */
function withMethods(store: Store, methods: Partial<Store>): Store {
  return new Proxy(store, {
    get: (target, name) => {
      const watched: unknown = Reflect.get(methods, name);
      if (watched !== undefined) return watched;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
