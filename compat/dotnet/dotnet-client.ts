import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { HeldLock, LockClient, LockSession } from '../lock-client.ts';
import { LockDriver } from './lock-driver.ts';

/*
 * Builds the .NET program for one library and drives it as a lock client. What cannot be had here
 * (no `dotnet`, or packages that the registry does not serve) is a reason to skip; a program that
 * does not compile is a failure.
 */

export interface DotnetLibrary {
  /** As LockDriver.csproj spells it. */
  readonly id: string;
  readonly packageName: string;
  readonly extendsByItself?: boolean;
  storedKey?(name: string): string;
  readonly protocol: 2 | 3;
}

export type DotnetBuild =
  | { readonly kind: 'built'; readonly client: LockClient }
  | { readonly kind: 'skipped'; readonly reason: string };

const folder = fileURLToPath(new URL('.', import.meta.url));

export function buildDotnetClient(library: DotnetLibrary): DotnetBuild {
  const args = ['build', folder, '--nologo', '-v', 'q', `-p:LockLibrary=${library.id}`];
  const build = spawnSync('dotnet', args, { encoding: 'utf8' });
  if (build.error !== undefined) {
    return { kind: 'skipped', reason: 'the dotnet command is not installed' };
  }
  if (build.status !== 0) {
    const missing = /error (NU\d+: .*?)(?: \[|\r?\n)/.exec(build.stdout)?.[1];
    if (missing === undefined) {
      throw new Error(`${library.id} does not build:\n${build.stdout}`);
    }
    return { kind: 'skipped', reason: `its packages cannot be restored here: ${missing}` };
  }
  return { kind: 'built', client: dotnetClient(library) };
}

function dotnetClient({ id, packageName, ...rest }: DotnetLibrary): LockClient {
  const program = `${folder}bin/${id}/LockDriver`;
  const manifest = readFileSync(`${program}.deps.json`, 'utf8');
  const version = new RegExp(`"${packageName}/([^"]+)"`).exec(manifest)?.[1] ?? 'unknown';
  let driver: LockDriver | undefined;
  return {
    ...rest,
    connectsUnordered: true,
    name: packageName,
    version,
    open: async ({ host, port }) => {
      driver ??= new LockDriver(`${program}.dll`);
      const session = Number(await driver.call({ call: 'open', host, port }));
      return openSession(driver, session);
    },
  };
}

function openSession(driver: LockDriver, session: number): LockSession {
  const acquire = async (name: string, ttlMs: number, waitMs: number) => {
    const lock = await driver.call({ call: 'acquire', session, name, ttlMs, waitMs });
    return lock === null ? undefined : heldLock(driver, Number(lock));
  };
  return {
    tryAcquire: (name, ttlMs) => acquire(name, ttlMs, 0),
    acquire: async (name, { ttlMs, waitMs }) => {
      const held = await acquire(name, ttlMs, waitMs);
      if (held === undefined) {
        throw new Error(`the lock stayed held for ${waitMs} ms`);
      }
      return held;
    },
    close: async () => {
      await driver.call({ call: 'close', session });
    },
  };
}

function heldLock(driver: LockDriver, lock: number): HeldLock {
  return {
    extend: async (ttlMs) => (await driver.call({ call: 'extend', lock, ttlMs })) === true,
    release: async () => {
      const released = await driver.call({ call: 'release', lock });
      return typeof released === 'boolean' ? released : undefined;
    },
  };
}
