import { mkdir, readFile } from 'node:fs/promises';
import { askOnce, type ClientPlace, type PlainReply } from '../harness/connection.ts';
import { releaseScript } from '../harness/request.ts';
import { type ServerProcess, startServer } from '../harness/server-process.ts';
import { releaseSha1 } from './requests.ts';

/** The servers that are measured beside each other. */
export const targetKinds = ['fencepost', 'redis-always', 'redis-memory'] as const;
export type TargetKind = (typeof targetKinds)[number];

/** A server process of the benchmark. */
export interface Target {
  readonly pid: number;
  readonly port: number;
}

export interface TargetOptions {
  readonly kind: TargetKind;
  /** Is kept. */
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Leaves a channel for messages open to the process. */
  readonly channel?: boolean;
}

const startMsMax = 120_000;
const replyMsMax = 60_000;

/** Without rewrites of its log: they would cost Redis time and are not what is compared here. */
const durableRedis = [
  ...['--appendonly', 'yes', '--appendfsync', 'always'],
  ...['--auto-aof-rewrite-percentage', '0'],
];

/** Starts the server and waits until it serves; the data folder is kept if it is there. */
export async function startTarget(options: TargetOptions): Promise<ServerProcess> {
  const { kind, folder, env = {}, channel = false } = options;
  await mkdir(folder, { recursive: true });
  return await startServer({
    kind: kind === 'fencepost' ? kind : 'redis',
    args: kind === 'redis-always' ? durableRedis : [],
    dataFolder: folder,
    env,
    channel,
    startMsMax,
  });
}

/** Makes the release script known, as every lock library does with its first release. */
export async function loadScript(place: ClientPlace): Promise<void> {
  const reply = await ask(place, ['SCRIPT', 'LOAD', releaseScript]);
  if (reply !== releaseSha1) throw new Error(`SCRIPT LOAD replied ${reply}`);
}

/** The number of keys that the server counts. */
export async function keyCount(place: ClientPlace): Promise<number> {
  return Number(await ask(place, ['DBSIZE']));
}

/** CPU time of the process in ms, user and system; undefined where there is no /proc. */
export async function cpuMsOf({ pid }: Target): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  // The name of the command is in brackets and may hold anything; fields count from behind it.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return ticks * msPerClockTick;
}

/** USER_HZ is 100 on every Linux that Node.js runs on. */
const msPerClockTick = 10;

async function ask(place: ClientPlace, args: readonly string[]): Promise<PlainReply | undefined> {
  return await askOnce(place, args, replyMsMax);
}
