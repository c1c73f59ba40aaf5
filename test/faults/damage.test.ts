import { cp, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Connection, type PlainReply } from '../../harness/connection.ts';
import { findFreePort } from '../../harness/free-port.ts';
import { runFencepost } from '../../harness/run-command.ts';
import { startServer } from '../../harness/server-process.ts';
import { Prng } from '../../src/base/prng.ts';
import { numberFromEnvironment, seedOf } from '../seed.ts';

/*
 * A server stopped in order has its exact end on record, so that every changed or missing byte of
 * its log can be told from a torn tail. It either refuses to start and names the place, or, where
 * the change hit bytes that carry nothing, serves exactly what was there.
 */

const damageCount = numberFromEnvironment('FENCEPOST_DAMAGES', 20);
/** Each copy is started once; a loaded machine takes seconds for that. */
const damageMsMax = 10_000;
const leaseCount = 300;
const keys = Array.from({ length: leaseCount }, (_, number) => `kept:${number}`);

let folder = '';
let intact = '';
let acknowledged: readonly PlainReply[] = [];
let logFile = '';
let usedBytes = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fencepost-damage-'));
  intact = join(folder, 'intact');
  const server = await startServer({ dataFolder: intact });
  const client = await Connection.open(server.port);
  for (const key of keys) await client.send('KLOCK', key, `owner-of-${key}`, '86400000');
  acknowledged = await readAll(client);
  client.close();
  server.signal('SIGTERM');
  await server.ended();
  const files = (await filesOf(intact)).filter((file) => file.endsWith('.log'));
  const ofLog = files.filter((file) => relative(intact, file).startsWith('log'));
  [logFile = ''] = ofLog.sort().map((file) => relative(intact, file));
  usedBytes = lastUsedByte(await readFile(join(intact, logFile)));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('a log that was changed while the server was stopped', () => {
  test(
    'is refused with its file and place, or serves exactly what was there',
    async () => {
      const prng = new Prng(seedOf());
      let refused = 0;
      for (let count = 0; count < damageCount; count += 1) {
        const { copy, told } = await damagedCopy(prng, [logFile]);
        const outcome = await startOn(copy);
        const isFlip = told.includes('flipped');
        if (outcome.kind === 'refused') {
          refused += 1;
          expect(outcome.text, told).toMatch(/\.log\b/);
          expect(outcome.text, told).toMatch(/\d+/);
          expect(outcome.text, told).toMatch(/fencepost repair/);
        } else {
          expect(outcome.seen, `${told}: ${differenceOf(outcome.seen)}`).toEqual(acknowledged);
        }
        if (isFlip) expect(outcome.kind, told).toBe('refused');
        await rm(copy, { recursive: true });
      }
      expect(refused).toBeGreaterThan(damageCount / 2);
    },
    damageCount * damageMsMax,
  );

  test(
    'any other file of the folder is refused as well, or harmless',
    async () => {
      const prng = new Prng(seedOf());
      const names = (await filesOf(intact)).map((file) => relative(intact, file));
      for (let count = 0; count < damageCount; count += 1) {
        const { copy, told } = await damagedCopy(prng, names);
        const outcome = await startOn(copy);
        if (outcome.kind === 'refused') expect(outcome.text, told).toContain(copy);
        else expect(outcome.seen, `${told}: ${differenceOf(outcome.seen)}`).toEqual(acknowledged);
        await rm(copy, { recursive: true });
      }
    },
    damageCount * damageMsMax,
  );

  test('is repaired by `fencepost repair`, which asks before it cuts', async () => {
    const copy = join(folder, 'to-repair');
    await cp(intact, copy, { recursive: true });
    const place = Math.floor(usedBytes / 2);
    await flip(join(copy, logFile), place, 0);
    expect((await startOn(copy)).kind).toBe('refused');

    const asked = await runFencepost(['repair', '--data', copy], { input: 'no\n' });
    expect(asked.stdout + asked.stderr).toMatch(/lost|cut/i);
    expect((await startOn(copy)).kind).toBe('refused');

    const repaired = await runFencepost(['repair', '--data', copy, '--yes']);
    expect(repaired.code, repaired.stderr).toBe(0);
    const outcome = await startOn(copy);
    if (outcome.kind === 'refused') throw new Error(outcome.text);
    // What stood before the place is there; nothing else came up in its stead.
    const kept = outcome.seen.filter((reply) => reply !== null);
    expect(kept.length).toBeGreaterThan(0);
    expect(kept).toEqual(acknowledged.slice(0, kept.length));
  });
});

type StartOutcome =
  | { readonly kind: 'refused'; readonly text: string }
  | { readonly kind: 'served'; readonly seen: readonly PlainReply[] };

/** Starts on the folder; the port is tried only if the server did not end at once. */
async function startOn(dataFolder: string): Promise<StartOutcome> {
  const port = await findFreePort();
  try {
    const server = await startServer({ dataFolder, port });
    const client = await Connection.open(server.port);
    const seen = await readAll(client);
    client.close();
    await server.stop();
    return { kind: 'served', seen };
  } catch (failure) {
    const text = failure instanceof Error ? failure.message : String(failure);
    expect(text).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
    expect(text).toMatch(/it ended/);
    return { kind: 'refused', text };
  }
}

/** Owner and token of every key, without the time that is left. */
async function readAll(client: Connection): Promise<readonly PlainReply[]> {
  const replies = await client.sendAll(keys.map((key) => ['KGET', key]));
  return replies.map((reply) => (Array.isArray(reply) ? reply.slice(0, 4).join(' ') : null));
}

function differenceOf(seen: readonly PlainReply[]): string {
  const missing = keys.filter((_, at) => seen[at] !== acknowledged[at]);
  return `${missing.length} leases are not what was acknowledged`;
}

/** A copy of the intact folder with one bit flipped in, or the end cut off, one of the files. */
async function damagedCopy(
  prng: Prng,
  names: readonly string[],
): Promise<{ readonly copy: string; readonly told: string }> {
  const copy = await mkdtemp(join(folder, 'copy-'));
  await cp(intact, copy, { recursive: true });
  const name = prng.pick(names);
  const file = join(copy, name);
  const bytes = name === logFile ? usedBytes : (await stat(file)).size;
  if (bytes === 0) return { copy, told: `left ${name} empty` };
  const place = prng.below(bytes);
  if (prng.oneIn(3)) {
    await truncate(file, place);
    return { copy, told: `cut ${name} to ${place} bytes of ${bytes}` };
  }
  const bit = prng.below(8);
  await flip(file, place, bit);
  return { copy, told: `flipped bit ${bit} of byte ${place} of ${bytes} in ${name}` };
}

async function flip(file: string, place: number, bit: number): Promise<void> {
  const bytes = await readFile(file);
  bytes[place] = (bytes[place] ?? 0) ^ (1 << bit);
  await writeFile(file, bytes);
}

/** Segments are made larger than they are filled; the rest is zeros. */
function lastUsedByte(bytes: Buffer): number {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0) length -= 1;
  return length;
}

async function filesOf(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name !== 'LOCK')
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
