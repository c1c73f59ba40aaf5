import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { ServerProcess } from '../harness/server-process.ts';
import type { LoadClient } from './load-client.ts';
import { keyCount, startTarget } from './target.ts';

export interface RecoveryResult {
  readonly leases: number;
  /** Start of a process on an empty folder until it answers. */
  readonly coldStartMs: number;
  readonly fillSeconds: number;
  /** Start after an orderly end, and after a kill, until it answers with every lease there. */
  readonly afterStopMs: number;
  readonly afterKillMs: number;
  /** Bytes a lease: live heap after a collection, and what the system has given the process. */
  readonly heapBytesPerLease: number;
  readonly residentBytesPerLease: number;
  /** The same two in a process that recovered the leases instead of granting them. */
  readonly recoveredHeapBytesPerLease: number;
  readonly recoveredResidentBytesPerLease: number;
}

interface Memory {
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
}

interface Started {
  readonly server: ServerProcess;
  /** From the start of the process until it answered PING. */
  readonly startMs: number;
}

/** How long a server takes to come back, and what it needs, with that many leases held. */
export async function measureRecovery(
  leases: number,
  folder: string,
  client: LoadClient,
  progress: (line: string) => void,
): Promise<RecoveryResult> {
  const probe = new URL('memory-probe.js', import.meta.url).href;
  const start = async (): Promise<Started> => {
    const startedAtMs = performance.now();
    const server = await startTarget({
      kind: 'fencepost',
      folder: join(folder, 'recovery'),
      env: { NODE_OPTIONS: `--import ${probe}` },
      channel: true,
    });
    return { server, startMs: performance.now() - startedAtMs };
  };
  const first = await start();
  const empty = await memoryOf(first.server.child);
  progress(`recovery: taking ${leases} leases`);
  const fillStartedAtMs = performance.now();
  await client.fill({ port: first.server.port, count: leases });
  const fillSeconds = (performance.now() - fillStartedAtMs) / 1_000;
  const full = await memoryOf(first.server.child);
  await first.server.end('SIGKILL');
  progress('recovery: starting again after a kill');
  const second = await start();
  await expectCount(second.server, leases);
  const recovered = await memoryOf(second.server.child);
  await second.server.end('SIGTERM');
  progress('recovery: starting again after an orderly end');
  const third = await start();
  await expectCount(third.server, leases);
  await third.server.end('SIGKILL');
  const heapOf = (memory: Memory): number =>
    (memory.heapUsed + memory.external - empty.heapUsed - empty.external) / leases;
  const residentOf = (memory: Memory): number => (memory.rss - empty.rss) / leases;
  return {
    leases,
    coldStartMs: first.startMs,
    fillSeconds,
    afterStopMs: third.startMs,
    afterKillMs: second.startMs,
    heapBytesPerLease: heapOf(full),
    residentBytesPerLease: residentOf(full),
    recoveredHeapBytesPerLease: heapOf(recovered),
    recoveredResidentBytesPerLease: residentOf(recovered),
  };
}

async function expectCount(server: ServerProcess, leases: number): Promise<void> {
  const count = await keyCount(server);
  if (count !== leases) throw new Error(`${count} leases recovered of ${leases}`);
}

/** `as`: the probe in the same folder sends exactly this. */
async function memoryOf(child: ChildProcess): Promise<Memory> {
  return await new Promise((resolve) => {
    child.once('message', (message) => resolve(message as unknown as Memory));
    child.send('measure');
  });
}
