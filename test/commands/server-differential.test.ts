import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ServerProcess, startServer } from '../harness/server-process.ts';
import { redisIsMissing } from './redis-connection.ts';
import { runScript } from './request-script.ts';

/* As connection-differential.test.ts: the same requests, and the same bytes back. */

const cases: Readonly<Record<string, readonly string[]>> = {
  'CONFIG GET': [
    'CONFIG GET timeout',
    'CONFIG GET TIMEOUT',
    'CONFIG GET databases',
    'CONFIG GET databases nothing',
    'CONFIG GET nothing*',
    'CONFIG GET sav?',
    'CONFIG GET replica-read-only',
    'CONFIG GET slave-read-only',
    'CONFIG GET maxmemory-policy',
    'CONFIG GET slowlog-max*',
    'CONFIG GET tcp-keepaliv[e]',
    'CONFIG GET',
  ],
  'CONFIG SET refuses': [
    'CONFIG SET',
    'CONFIG SET timeout',
    'CONFIG SET timeout 1 x',
    'CONFIG SET nothing 1',
    'CONFIG SET timeout x nothing 1',
    'CONFIG SET databases 3',
    'CONFIG SET timeout -1',
    'CONFIG SET timeout x',
    'CONFIG SET protected-mode maybe',
    'CONFIG SET maxclients 10 maxclients 11',
    'CONFIG SET timeout 5 protected-mode maybe',
    'CONFIG GET timeout',
  ],
  'CONFIG SET takes several': [
    'CONFIG SET timeout 5 TCP-KEEPALIVE 60',
    'CONFIG GET tcp-keepalive',
    'CONFIG GET timeout',
    'CONFIG SET tcp-keepalive 300 timeout 0',
    'CONFIG SET requirepass ""',
  ],
  'other subcommands of CONFIG': [
    'CONFIG RESETSTAT',
    'CONFIG REWRITE',
    'CONFIG FOO',
    'CONFIG',
    'CONFIG HELP x',
  ],
  SLOWLOG: [
    'SLOWLOG LEN',
    'SLOWLOG GET x',
    'SLOWLOG GET -2',
    'SLOWLOG RESET',
    'SLOWLOG GET',
    'SLOWLOG GET -1',
    'SLOWLOG FOO',
  ],
  'what one server is': ['ROLE', 'ROLE x', 'MODULE LIST', 'MODULE FOO', 'TIME x', 'INFO nothing'],
  'sections of INFO': ['INFO modules', 'INFO CLUSTER', 'INFO cluster modules'],
  WAIT: ['WAIT 0 0', 'WAIT x 0', 'WAIT 0 x', 'WAIT 0 -1', 'WAIT -1 0', 'WAIT 0'],
  'SHUTDOWN refuses': [
    'SHUTDOWN ABORT',
    'SHUTDOWN foo',
    'SHUTDOWN SAVE NOSAVE',
    'SHUTDOWN ABORT NOW',
    'MULTI',
    'SHUTDOWN',
    'DISCARD',
  ],
  'CLUSTER is not spoken': [
    'CLUSTER INFO',
    'CLUSTER NODES',
    'CLUSTER SLOTS',
    'CLUSTER SHARDS',
    'CLUSTER KEYSLOT k',
    'CLUSTER KEYSLOT',
    'CLUSTER HELP',
    'CLUSTER FOO',
    'CLUSTER',
    'READONLY',
    'READWRITE',
    'ASKING',
    'SENTINEL MASTERS',
  ],
  LATENCY: ['LATENCY LATEST', 'LATENCY RESET', 'LATENCY HISTORY x', 'LATENCY FOO'],
  ACL: ['ACL WHOAMI', 'ACL USERS', 'ACL CAT transaction x', 'ACL CAT nothing', 'ACL FOO'],
  'keys of commands': [
    'COMMAND GETKEYS get a',
    'COMMAND GETKEYS get',
    'COMMAND GETKEYS mset a 1 b 2',
    'COMMAND GETKEYS eval x 2 a b c',
    'COMMAND GETKEYS nothing a',
    'COMMAND GETKEYS ping a',
    'COMMAND GETKEYS set a b c d e',
    'COMMAND GETKEYSANDFLAGS mget a b',
  ],
  'COMMAND INFO': [
    'COMMAND INFO get nothing echo',
    'COMMAND INFO client|id',
    'COMMAND INFO CLIENT|SETNAME',
  ],
  'COMMAND LIST': [
    'COMMAND LIST FILTERBY',
    'COMMAND LIST FILTERBY foo bar',
    'COMMAND LIST FILTERBY MODULE nothing',
    'COMMAND LIST FILTERBY ACLCAT nothing',
    'COMMAND LIST FILTERBY PATTERN ech*',
    'COMMAND LIST FILTERBY PATTERN ECHO x',
    'COMMAND DOCS nothing',
    'COMMAND FOO',
  ],
};

describe.skipIf(redisIsMissing)('server commands beside redis-server 7.0', () => {
  let fencepost: ServerProcess;
  let redis: ServerProcess;

  beforeAll(async () => {
    [fencepost, redis] = await Promise.all([startServer(), startServer({ kind: 'redis' })]);
  });

  afterAll(async () => {
    await Promise.all([fencepost?.stop(), redis?.stop()]);
  });

  async function bothAnswer(lines: readonly string[]): Promise<readonly [string, string]> {
    return await Promise.all([runScript(fencepost.port, lines), runScript(redis.port, lines)]);
  }

  test.for(Object.entries(cases))('%s', async ([, lines]) => {
    const [own, theirs] = await bothAnswer(lines);
    expect(own).toBe(theirs);
  });

  test.for(Object.entries(cases))('%s, in RESP3', async ([, lines]) => {
    const answers = await bothAnswer(['HELLO 3', ...lines]);
    const [own, theirs] = answers.map((text) => text.slice(text.indexOf('*0\r\n') + 4));
    expect(own).toBe(theirs);
  });
});
