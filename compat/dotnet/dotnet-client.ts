import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { LockClient } from '../lock-client.ts';
import { drivenClient } from '../lock-driver.ts';

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
  return drivenClient({
    ...rest,
    command: ['dotnet', `${program}.dll`],
    connectsUnordered: true,
    name: packageName,
    version,
  });
}
