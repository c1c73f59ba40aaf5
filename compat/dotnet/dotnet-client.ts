import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { LockClient } from '../lock-client.ts';
import { drivenClient } from '../lock-driver.ts';

/*
 * Builds the .NET program for one library and drives it as a lock client. What cannot be had here
 * (no `dotnet`, no SDK, or packages that the registry does not serve) is a reason to skip; a
 * program that does not compile is a failure.
 */

export interface DotnetLibrary {
  /** As LockDriver.csproj spells it. */
  readonly id: string;
  readonly packageName: string;
  /** What the library negotiates when it is left to itself. */
  readonly protocol: 2 | 3;
  /** One that it can be asked for instead. */
  readonly otherProtocol?: 2 | 3;
  /** Its commands for a lock depend on the version that the server announces. */
  readonly choosesByVersion?: boolean;
  /** It is a connection for any command as well, and has a cluster mode. */
  readonly isConnection?: boolean;
  readonly extendsByItself?: boolean;
  storedKey?(name: string): string;
}

export type DotnetBuild =
  | { readonly kind: 'built' }
  | { readonly kind: 'skipped'; readonly reason: string };

const folder = fileURLToPath(new URL('.', import.meta.url));
/** The first one that knows the C# of the program. */
const sdkVersionMin = 8;

export function buildDotnet({ id }: DotnetLibrary): DotnetBuild {
  const sdk = spawnSync('dotnet', ['--version'], { encoding: 'utf8', cwd: folder });
  if (sdk.error !== undefined) {
    return { kind: 'skipped', reason: 'the dotnet command is not installed' };
  }
  if (sdk.status !== 0 || Number.parseInt(sdk.stdout, 10) < sdkVersionMin) {
    return { kind: 'skipped', reason: `dotnet has no SDK of version ${sdkVersionMin} or later` };
  }
  const args = ['build', folder, '--nologo', '-v', 'q', `-p:LockLibrary=${id}`];
  const build = spawnSync('dotnet', args, { encoding: 'utf8' });
  if (build.status === 0) return { kind: 'built' };
  const missing = /error (NU\d+: .*?)(?: \[|\r?\n)/.exec(build.stdout)?.[1];
  if (missing === undefined) throw new Error(`${id} does not build:\n${build.stdout}`);
  return { kind: 'skipped', reason: `its packages cannot be restored here: ${missing}` };
}

/** A client of what was built; `asked` is the protocol to ask for. */
export function dotnetClient(library: DotnetLibrary, asked?: 2 | 3): LockClient {
  const { protocol, extendsByItself = false, storedKey } = library;
  return drivenClient({
    ...dotnetProgram(library, asked),
    racesAtEnds: true,
    protocol: asked ?? protocol,
    extendsByItself,
    ...(storedKey === undefined ? {} : { storedKey }),
  });
}

export function dotnetProgram({ id, packageName }: DotnetLibrary, asked?: 2 | 3) {
  const program = `${folder}bin/${id}/LockDriver`;
  const manifest = readFileSync(`${program}.deps.json`, 'utf8');
  return {
    command: [
      'dotnet',
      `${program}.dll`,
      ...(asked === undefined ? [] : [`protocol=resp${asked}`]),
    ],
    name: asked === undefined ? packageName : `${packageName} over RESP${asked},`,
    version: new RegExp(`"${packageName}/([^"]+)"`).exec(manifest)?.[1] ?? 'unknown',
  };
}
