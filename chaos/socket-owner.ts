import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * Which of some processes holds the other end of a connection over loopback, by what Linux tells
 * in /proc: the table of sockets has the inode for each port, and the open files of a process
 * have the inodes of its sockets.
 */
export function ownerOfPort(port: number, pids: readonly number[]): number | undefined {
  const inode = inodeOf(port);
  if (inode === undefined) return undefined;
  return pids.find((pid) => socketsOf(pid).has(`socket:[${inode}]`));
}

function inodeOf(port: number): string | undefined {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  for (const line of readFileSync('/proc/net/tcp', 'latin1').split('\n')) {
    const [, local = '', , , , , , , , inode] = line.trim().split(/\s+/);
    if (local.endsWith(`:${wanted}`) && inode !== undefined && inode !== '0') return inode;
  }
  return undefined;
}

function socketsOf(pid: number): ReadonlySet<string> {
  const found = new Set<string>();
  try {
    for (const name of readdirSync(`/proc/${pid}/fd`)) {
      try {
        found.add(readlinkSync(`/proc/${pid}/fd/${name}`));
      } catch {
        // It was closed since the folder was read.
      }
    }
  } catch {
    // The process has ended.
  }
  return found;
}
