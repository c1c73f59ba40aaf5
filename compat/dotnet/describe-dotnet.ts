import { expect, test } from 'vitest';
import { describeClusterClient } from '../cluster-suite.ts';
import { describeConnection } from '../connection-contract.ts';
import { describeLockClient } from '../contract-suite.ts';
import type { LockClient } from '../lock-client.ts';
import { targetKind } from '../target.ts';
import { buildDotnet, type DotnetLibrary, dotnetClient } from './dotnet-client.ts';
import { dotnetConnection } from './dotnet-connection.ts';

/** Redis' versions before 8.4 have no IFEQ and no DELEX; Debian's redis-server is such a one. */
const olderVersion = '7.2.0';
const announceOlder = ['--redis-version', olderVersion];

export function describeDotnet(library: DotnetLibrary, testUrl: string): void {
  const build = buildDotnet(library);
  test.skipIf(build.kind === 'skipped')(`${library.id} builds`, () => {
    expect(build.kind).toBe('built');
  });
  if (build.kind === 'skipped') {
    console.warn(`${library.id} is skipped: ${build.reason}`);
    return;
  }
  describeVersions(library, dotnetClient(library), testUrl);
  if (library.otherProtocol !== undefined) {
    describeVersions(library, dotnetClient(library, library.otherProtocol), testUrl);
  }
  if (library.isConnection === true) {
    describeConnection(dotnetConnection(library));
    describeConnection(dotnetConnection(library, library.otherProtocol));
    // The library finds out by itself that it has to do with a cluster.
    const client = dotnetClient(library);
    describeClusterClient({ ...client, name: `${client.name} (cluster)` });
    describeClusterClient(
      { ...client, name: `${client.name} (cluster) on ${olderVersion},` },
      announceOlder,
    );
  }
}

/** The contract with the version that Fencepost announces by itself, and with an older one. */
function describeVersions(library: DotnetLibrary, client: LockClient, testUrl: string): void {
  const protocol = client.protocol === library.protocol ? '' : `-over-resp${client.protocol}`;
  const older = library.choosesByVersion === true ? `-on-${olderVersion}` : '';
  const listing = `${library.id}${protocol}.commands.txt`;
  const olderListing = `${library.id}${protocol}${older}.commands.txt`;
  if (targetKind !== 'fencepost') {
    describeLockClient(client, testUrl, { listing: olderListing });
    return;
  }
  describeLockClient(client, testUrl, { listing });
  describeLockClient({ ...client, name: `${client.name} on ${olderVersion},` }, testUrl, {
    listing: olderListing,
    serverArgs: announceOlder,
  });
}
