import {
  type ServerKind,
  type ServerProcess,
  serverKinds,
  startServer,
} from '../harness/server-process.ts';

/*
 * The suite runs against Fencepost. `COMPAT_TARGET=redis` runs the same checks against Debian's
 * redis-server: what fails there is a mistake of the suite and not of Fencepost.
 */

export const targetKind: ServerKind = readTargetKind();

/** KGET shows a lock's token; Redis has no such thing, so the control checks no tokens. */
export const targetHasTokens = targetKind === 'fencepost';

export async function startTarget(args: readonly string[] = []): Promise<ServerProcess> {
  return await startServer({ kind: targetKind, args });
}

function readTargetKind(): ServerKind {
  const asked = process.env.COMPAT_TARGET ?? 'fencepost';
  const kind = serverKinds.find((known) => known === asked);
  if (kind === undefined) {
    throw new Error(`COMPAT_TARGET must be one of ${serverKinds.join(', ')}, not ${asked}`);
  }
  return kind;
}
