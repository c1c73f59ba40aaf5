import { readFileSync } from 'node:fs';

/** What a process has used since it began (proc(5)). */
export interface ProcessUsage {
  readonly cpuMs: number;
  /** Bytes that it handed to the kernel to write: to files, and to sockets. */
  readonly writtenBytes: number;
}

/** Of /proc/PID/stat; USER_HZ is 100 on every Linux that Node runs on. */
const msPerTick = 10;

export function usageOf(pid: number): ProcessUsage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name of the command may hold spaces; the 14th and 15th fields are user and system time.
  const [user = 0, system = 0] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  const io = readFileSync(`/proc/${pid}/io`, 'latin1');
  const [, wchar = '0'] = /^wchar: (\d+)$/m.exec(io) ?? [];
  return { cpuMs: (user + system) * msPerTick, writtenBytes: Number(wchar) };
}
