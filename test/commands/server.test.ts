import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RawConnection, replyItems } from '../../harness/raw-connection.ts';
import { redisIsMissing, type ServerProcess, startServer } from '../../harness/server-process.ts';
import { allCommands } from '../../src/commands/table.ts';
import { runScript } from './request-script.ts';

/* What redis-server 7.0 does not have, or answers with values of its own. */

let server: ServerProcess;

beforeAll(async () => {
  server = await startServer();
});

afterAll(async () => {
  await server?.stop();
});

async function ask(...lines: string[]): Promise<string> {
  return await runScript(server.port, lines);
}

function namesIn(line: string): string[] {
  return Array.from(line.matchAll(/(?:^|[ :\n])([a-z-]+)=/g), ([, name]) => name ?? '');
}

describe('CLIENT', () => {
  test('LIST shows what each connection said about itself', async () => {
    const other = await RawConnection.open(server.port);
    await other.askOne('HELLO', '3', 'SETNAME', 'other');
    await other.askOne('SUBSCRIBE', 'news');
    const me = ['CLIENT SETINFO LIB-NAME mine', 'CLIENT SETINFO lib-ver 1.2', 'SELECT 5'];
    const text = await ask(...me, 'CLIENT NO-TOUCH on', 'CLIENT LIST');
    expect(text).toMatch(
      / name= .* flags=T db=5 .* cmd=client\|list .* resp=2 lib-name=mine lib-ver=1.2\n/,
    );
    expect(text).toMatch(/ name=other .* flags=P db=0 sub=1 .* cmd=subscribe .* resp=3 /);
    expect(await ask('CLIENT LIST TYPE pubsub')).toMatch(/^\$[0-9]+\r\nid=[0-9]+ [^\n]*\n\r\n$/);
    other.close();
  });

  test('KILL ends another connection', async () => {
    const other = await RawConnection.open(server.port);
    const id = (await other.askOne('CLIENT', 'ID')).slice(1).trim();
    expect(await ask(`CLIENT LIST ID ${id}`, `CLIENT KILL ID ${id}`)).toMatch(/\n:1\r\n$/);
    expect(await ask(`CLIENT LIST ID ${id}`)).toBe('$0\r\n\r\n');
    other.close();
  });

  test('KILL MAXAGE spares the young', async () => {
    expect(await ask('CLIENT KILL MAXAGE 1000 SKIPME no')).toBe(':0\r\n');
    expect(await ask('CLIENT KILL MAXAGE x')).toMatch(/^-ERR maxage is not an integer/);
    expect(await ask('CLIENT KILL MAXAGE 0')).toBe('-ERR maxage should be greater than 0\r\n');
  });

  test('SETINFO refuses what would break a line of the list', async () => {
    expect(await ask('CLIENT SETINFO lib-name "a b"')).toBe(
      '-ERR lib-name cannot contain spaces, newlines or special characters.\r\n',
    );
    expect(await ask('CLIENT SETINFO lib-age 3')).toBe("-ERR Unrecognized option 'lib-age'\r\n");
  });

  test.skipIf(redisIsMissing)('INFO has every field of Redis 7.0 in its order', async () => {
    const redis = await startServer({ kind: 'redis' });
    const theirs = namesIn(await runScript(redis.port, ['CLIENT INFO']));
    await redis.stop();
    const own = namesIn(await ask('CLIENT INFO'));
    expect(theirs.length).toBeGreaterThan(25);
    expect(own.filter((name) => theirs.includes(name))).toEqual(theirs);
  });
});

describe('COMMAND', () => {
  test('COUNT, LIST, INFO and DOCS speak of the same commands', async () => {
    const names = allCommands.map(({ name }) => name).sort();
    const connection = await RawConnection.open(server.port);
    const lines = ['COUNT', 'LIST', 'INFO', 'DOCS'].map((word) => ['COMMAND', word]);
    const [count, list = '', info = '', docs = ''] = await connection.ask(lines);
    const plain = await connection.askOne('COMMAND');
    connection.close();
    const bulkText = (reply = '') => reply.split('\r\n')[1];
    expect(count).toBe(`:${names.length}\r\n`);
    expect(replyItems(list).map(bulkText)).toEqual(names);
    expect(replyItems(info).map((each) => bulkText(replyItems(each)[0]))).toEqual(names);
    expect(
      replyItems(docs)
        .filter((_, at) => at % 2 === 0)
        .map(bulkText),
    ).toEqual(names);
    expect(plain).toBe(info);
  });

  test('DOCS tells arguments in the form that redis-cli completes by', async () => {
    const docs = await ask('COMMAND DOCS klock');
    expect(docs).toContain('$5\r\ngroup\r\n$5\r\nlease\r\n');
    expect(docs).toContain(
      '$3\r\nkey\r\n$4\r\ntype\r\n$3\r\nkey\r\n$14\r\nkey_spec_index\r\n:0\r\n',
    );
  });

  test('every container answers HELP, which is a subcommand as others', async () => {
    const listed = await ask('COMMAND LIST FILTERBY PATTERN *|help');
    for (const { name, subcommands } of allCommands) {
      if (subcommands === undefined) continue;
      expect(listed).toContain(`\r\n${name}|help\r\n`);
      if (name === 'cluster') continue;
      expect(await ask(`COMMAND INFO ${name}|help`)).toContain(`\r\n${name}|help\r\n:2\r\n`);
      expect(await ask(`COMMAND DOCS ${name}`)).toContain(`\r\n${name}|help\r\n`);
      const help = await ask(`${name} HELP`);
      expect(help, name).toContain(`+${name.toUpperCase()} <subcommand> [<arg> [value] [opt] ...]`);
      for (const { name: whole } of subcommands) {
        expect(help).toContain(`+${whole.slice(name.length + 1).toUpperCase()}`);
      }
    }
  });
});

describe('the server', () => {
  test('INFO is verbatim text in RESP3 and a bulk string in RESP2', async () => {
    expect(await ask('INFO server')).toMatch(/^\$[0-9]+\r\n# Server\r\nredis_version:8\.4\.0\r\n/);
    expect(await ask('HELLO 3', 'INFO server')).toMatch(/=[0-9]+\r\ntxt:# Server\r\n/);
  });

  test('TIME is the wall clock', async () => {
    const connection = await RawConnection.open(server.port);
    const [seconds = '', micros = ''] = replyItems(await connection.askOne('TIME'));
    connection.close();
    const ms = Number(seconds.split('\r\n')[1]) * 1000 + Number(micros.split('\r\n')[1]) / 1000;
    expect(Math.abs(ms - Date.now())).toBeLessThan(5_000);
  });

  test('the slow log fills with what ran longer than it is told', async () => {
    await ask('SLOWLOG RESET', 'CONFIG SET slowlog-log-slower-than 0', 'SET slow me');
    await ask('CONFIG SET slowlog-log-slower-than 10000');
    expect(await ask('SLOWLOG GET -1')).toContain('*3\r\n$3\r\nSET\r\n$4\r\nslow\r\n$2\r\nme\r\n');
  });

  test('maxclients refuses connections beyond it, and INFO counts them', async () => {
    const only = await RawConnection.open(server.port);
    await only.askOne('CONFIG', 'SET', 'maxclients', '1');
    expect(await ask('PING')).toBe('-ERR max number of clients reached\r\n<closed>');
    await only.askOne('CONFIG', 'SET', 'maxclients', '100');
    expect(await only.askOne('INFO', 'stats')).toContain('rejected_connections:1\r\n');
    await only.askOne('CONFIG', 'RESETSTAT');
    expect(await only.askOne('INFO', 'stats')).toContain('rejected_connections:0\r\n');
    only.close();
  });
});
