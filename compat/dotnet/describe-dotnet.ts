import { expect, test } from 'vitest';
import { describeLockClient } from '../contract-suite.ts';
import { targetKind } from '../target.ts';
import { buildDotnetClient, type DotnetLibrary } from './dotnet-client.ts';

/** StackExchange.Redis chooses its commands by the announced version; both choices must work. */
const olderVersion = '7.2.0';

export function describeDotnet(library: DotnetLibrary, testUrl: string): void {
  const build = buildDotnetClient(library);
  test.skipIf(build.kind === 'skipped')(`${library.id} builds`, () => {
    expect(build.kind).toBe('built');
  });
  if (build.kind === 'skipped') {
    console.warn(`${library.id} is skipped: ${build.reason}`);
    return;
  }
  describeLockClient(build.client, testUrl, {
    listing: `${library.id}.commands.txt`,
    recordMissing: true,
  });
  if (targetKind === 'fencepost') {
    const older = { ...build.client, name: `${build.client.name} on ${olderVersion},` };
    describeLockClient(older, testUrl, {
      listing: `${library.id}-on-${olderVersion}.commands.txt`,
      recordMissing: true,
      serverArgs: ['--redis-version', olderVersion],
    });
  }
}
