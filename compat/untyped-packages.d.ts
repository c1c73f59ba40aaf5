/*
 * The parts that the adapters call of packages that bring no types, or whose `exports` hide them
 * from a TypeScript that resolves modules as Node does.
 */

declare module 'redlock4' {
  import type { Redis } from 'ioredis5';

  interface Lock {
    extend(ttlMs: number): Promise<Lock>;
    unlock(): Promise<void>;
  }

  interface Settings {
    retryCount?: number;
    retryDelay?: number;
    retryJitter?: number;
  }

  class Redlock {
    static LockError: new (
      message?: string,
    ) => Error;
    constructor(clients: readonly Redis[], settings?: Settings);
    lock(resource: string, ttlMs: number): Promise<Lock>;
  }

  export { Redlock as default };
}

declare module 'redlock5' {
  import type { EventEmitter } from 'node:events';
  import type { Redis } from 'ioredis5';

  interface Settings {
    retryCount?: number;
    retryDelay?: number;
    retryJitter?: number;
  }

  interface Lock {
    extend(ttlMs: number): Promise<Lock>;
    release(): Promise<unknown>;
  }

  export class ExecutionError extends Error {}

  class Redlock extends EventEmitter {
    constructor(clients: Iterable<Redis>, settings?: Settings);
    acquire(resources: readonly string[], ttlMs: number, settings?: Settings): Promise<Lock>;
  }

  export { Redlock as default };
}

declare module 'redis3' {
  interface RedisClient {
    on(event: 'ready', listener: () => void): RedisClient;
    on(event: 'error', listener: (error: Error) => void): RedisClient;
    quit(callback: (error: Error | null) => void): boolean;
  }

  export function createClient(options: { host: string; port: number }): RedisClient;
}

declare module 'node-redis-warlock' {
  import type { RedisClient } from 'redis3';

  type Unlock = (callback: (error: Error | null, deleted?: number) => void) => void;

  interface Warlock {
    makeKey(name: string): string;
    lock(
      name: string,
      ttlMs: number,
      callback: (error: Error | null, unlock: Unlock | false, id: string) => void,
    ): void;
    optimistic(
      name: string,
      ttlMs: number,
      maxAttempts: number,
      waitMs: number,
      callback: (error: Error | null, unlock: Unlock) => void,
    ): void;
    touch(name: string, id: string, ttlMs: number): Promise<'OK' | number>;
  }

  function createWarlock(client: RedisClient): Warlock;

  export { createWarlock as default };
}
