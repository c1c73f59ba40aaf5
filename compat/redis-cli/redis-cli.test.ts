import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ServerProcess } from '../../harness/server-process.ts';
import { listCommands } from '../command-listing.ts';
import { startRecordingProxy } from '../recording-proxy.ts';
import { startTarget } from '../target.ts';
import { findRedisCli, runInteractive, runRedisCli, startRedisCli } from './run-redis-cli.ts';

/* redis-cli in the ways in which people use it: each of its modes talks differently. */

const version = findRedisCli();
if (version === undefined) {
  console.warn('redis-cli is not installed (Debian: redis-tools): its tests are skipped');
}

const releaseScript =
  "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

describe.skipIf(version === undefined)(version ?? 'redis-cli', () => {
  let server: ServerProcess;

  beforeAll(async () => {
    server = await startTarget();
  });

  beforeEach(async () => {
    await cli('FLUSHALL');
  });

  afterAll(async () => {
    await server.stop();
  });

  /** One-shot, with types shown as at a terminal. */
  async function cli(...args: string[]): Promise<string> {
    return (await runRedisCli(server, ['--no-raw', ...args])).output.trimEnd();
  }

  test('one-shot: takes, refuses, inspects and releases a lock', async () => {
    expect(await cli('SET', 'lock:a', 'me', 'NX', 'PX', '30000')).toBe('OK');
    expect(await cli('SET', 'lock:a', 'you', 'NX', 'PX', '30000')).toBe('(nil)');
    expect(await cli('GET', 'lock:a')).toBe('"me"');
    expect(await cli('EVAL', releaseScript, '1', 'lock:a', 'you')).toBe('(integer) 0');
    expect(await cli('EVAL', releaseScript, '1', 'lock:a', 'me')).toBe('(integer) 1');
    expect(await cli('EXISTS', 'lock:a')).toBe('(integer) 0');
  });

  test('one-shot: an unknown command is an error and, with -e, a failure', async () => {
    const { code, output, errors } = await runRedisCli(server, ['-e', 'NOSUCH', 'a', 'b']);
    expect(output + errors).toContain(
      "ERR unknown command 'NOSUCH', with args beginning with: 'a' 'b'",
    );
    expect(code).toBe(1);
  });

  test('-3: switches to RESP3 and shows a map and a null', async () => {
    const reply = await runRedisCli(server, ['-3', '--no-raw', 'CONFIG', 'GET', 'maxclients']);
    expect(reply.output).toMatch(/^1# "maxclients" => "\d+"\n$/);
    const missing = await runRedisCli(server, ['-3', '--no-raw', 'GET', 'nothing']);
    expect(missing.output).toBe('(nil)\n');
  });

  test('standard input: many commands, a transaction among them', async () => {
    const lines = 'MULTI\nSET lock:a me\nPEXPIRE lock:a 30000\nEXEC\nGET lock:a\n';
    const { output } = await runRedisCli(server, ['--no-raw'], lines);
    const exec = '1) OK\n2) (integer) 1\n';
    expect(output).toBe(`OK\nQUEUED\nQUEUED\n${exec}"me"\n`);
  });

  test('interactive: asks for COMMAND DOCS and helps with them', async () => {
    const proxy = await startRecordingProxy(server);
    const input = 'SET lock:a me NX\nHELLO 3\nGET lock:a\nhelp PEXPIRE\nexit\n';
    const output = stripVTControlCharacters((await runInteractive(proxy.endpoint, input)).output);
    const sent = listCommands(proxy.recorded());
    await proxy.close();
    expect(sent).toContain('COMMAND DOCS');
    expect(output).toContain('OK');
    expect(output).toContain('3# "proto" => (integer) 3');
    expect(output).toContain('"me"');
    // Its own tables know the command as well; the server's text must not break the help.
    expect(output).toMatch(/PEXPIRE key milliseconds/);
    expect(output).toMatch(/since: 2\.6\.0/);
  });

  test('--pipe: mass insertion gets one reply a command', async () => {
    const count = 5000;
    const requests = Array.from({ length: count }, (_, index) => {
      const key = `lock:${String(index).padStart(5, '0')}`;
      return `*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n$2\r\nme\r\n`;
    });
    const { output, code } = await runRedisCli(server, ['--pipe'], requests.join(''));
    expect(output).toContain(`errors: 0, replies: ${count}`);
    expect(code).toBe(0);
    expect(await cli('DBSIZE')).toBe(`(integer) ${count}`);
  });

  test('--scan: finds the keys that match and no others', async () => {
    await cli('MSET', 'lock:a', '1', 'lock:b', '2', 'other', '3');
    const { output } = await runRedisCli(server, ['--scan', '--pattern', 'lock:*']);
    expect(output.trim().split('\n').sort()).toEqual(['lock:a', 'lock:b']);
  });

  test('--eval: runs a script file with keys and arguments', async () => {
    await cli('SET', 'lock:a', 'me');
    const script = join(server.dataFolder, 'release.lua');
    writeFileSync(script, releaseScript);
    expect(await cli('--eval', script, 'lock:a', ',', 'me')).toBe('(integer) 1');
  });

  test('--bigkeys: walks the whole keyspace', async () => {
    await cli('MSET', 'lock:a', '1', 'lock:b', '22');
    const { output } = await runRedisCli(server, ['--bigkeys']);
    expect(output).toContain('Sampled 2 keys in the keyspace!');
    expect(output).toContain('2 strings with 3 bytes');
  });

  test('--stat and --latency: read INFO and measure PING', async () => {
    const stat = startRedisCli(server, ['--stat', '-i', '0.01']);
    // Keys, memory, clients, blocked, requests, connections: two rows, the second with a rate.
    await stat.waitFor(/\n\d+ +[\d.]+[KMG] +\d+ +\d+ +\d+ \(\+\d+\) +\d+/);
    stat.kill();
    const latency = await runRedisCli(server, ['--latency', '-i', '0.2', '--raw']);
    expect(latency.output).toMatch(/^\d+ [\d.]+ [\d.]+ \d+/);
  });

  test('SUBSCRIBE: prints what another one publishes', async () => {
    const subscriber = startRedisCli(server, ['SUBSCRIBE', 'released']);
    await subscriber.waitFor(/subscribe\nreleased\n1\n/);
    expect(await cli('PUBLISH', 'released', 'lock:a')).toBe('(integer) 1');
    await subscriber.waitFor(/message\nreleased\nlock:a\n/);
    subscriber.kill();
  });

  test('it sends what commands.txt says', async () => {
    const recorded = await recordModes(server);
    const file = new URL('./commands.txt', import.meta.url);
    if (process.env.COMPAT_RECORD === '1') {
      writeFileSync(file, recorded);
    }
    expect(recorded).toBe(readFileSync(file, 'utf8'));
  });
});

async function recordModes(server: ServerProcess): Promise<string> {
  const proxy = await startRecordingProxy(server);
  const set = '*3\r\n$3\r\nSET\r\n$6\r\nlock:a\r\n$2\r\nme\r\n';
  try {
    proxy.startPhase('one-shot');
    await runRedisCli(proxy.endpoint, ['GET', 'lock:a']);
    proxy.startPhase('-3');
    await runRedisCli(proxy.endpoint, ['-3', 'GET', 'lock:a']);
    proxy.startPhase('--pipe');
    await runRedisCli(proxy.endpoint, ['--pipe'], set);
    proxy.startPhase('--scan');
    await runRedisCli(proxy.endpoint, ['--scan', '--pattern', 'lock:*']);
    proxy.startPhase('interactive');
    await runInteractive(proxy.endpoint, 'GET lock:a\nexit\n');
    return listCommands(proxy.recorded());
  } finally {
    await proxy.close();
  }
}
