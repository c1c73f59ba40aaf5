import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RawConnection, replyItems } from '../../harness/raw-connection.ts';
import { redisIsMissing, type ServerProcess, startServer } from '../../harness/server-process.ts';
import type { ArgumentDoc, Command } from '../../src/commands/command.ts';
import { createCommandTable } from '../../src/commands/command-table.ts';
import type { SessionContext } from '../../src/commands/context.ts';
import { allCommands } from '../../src/commands/table.ts';
import type { Reply } from '../../src/resp/reply.ts';

const every: readonly Command[] = createCommandTable(allCommands).all.flatMap((command) => [
  command,
  ...(command.subcommands ?? []),
]);

describe('what commands say about themselves', () => {
  test('a name stands for one command, in lower case, and subcommands name their container', () => {
    expect(new Set(every.map(({ name }) => name)).size).toBe(every.length);
    for (const command of allCommands) {
      expect(command.name).toMatch(/^[a-z_]+$/);
      for (const { name } of command.subcommands ?? []) {
        expect(name).toMatch(new RegExp(`^${command.name}\\|[a-z-]+$`));
      }
    }
  });

  test('summaries are sentences of one line', () => {
    for (const { name, summary } of every) {
      expect(summary, name).toMatch(/^[A-Z0-9][^\n]+\.$/);
      expect(summary.length, name).toBeLessThanOrEqual(100);
    }
  });

  test('a command that takes a fixed number of arguments documents that many', () => {
    for (const { name, arity, arguments: documented, subcommands } of every) {
      if (arity < 0 || subcommands !== undefined) continue;
      const words = name.split('|').length;
      expect(wordsOf(documented) + words, name).toBe(arity);
    }
  });

  test('a command that is asked for thousands of times is told without any more memory', () => {
    const [info] = replies(['COMMAND', 'INFO', ...Array(1000).fill('client')]);
    expect(new Set(info?.kind === 'array' ? info.items : []).size).toBe(1);
    const [docs, again] = replies(['COMMAND', 'DOCS', 'client', 'CLIENT'], ['COMMAND', 'DOCS']);
    expect(docs?.kind === 'map' && docs.entries.length).toBe(1);
    expect(again?.kind === 'map' && again.entries).toContain(
      docs?.kind === 'map' && docs.entries[0],
    );
  });

  test('the table finds a command in any case, and a subcommand by its container', () => {
    const table = createCommandTable(allCommands);
    expect(table.find(['gEt', 'k'])?.name).toBe('get');
    expect(table.find(['OBJECT', 'Encoding', 'k'])?.name).toBe('object|encoding');
    expect(table.find(['OBJECT'])?.name).toBe('object');
    expect(table.find(['OBJECT', 'nothing'])).toBeUndefined();
    expect(table.find(['nothing'])).toBeUndefined();
    expect(table.find([])).toBeUndefined();
    expect(table.findByName('constructor')).toBeUndefined();
    expect(table.all.map(({ name }) => name)).toEqual(allCommands.map(({ name }) => name).sort());
  });
});

/** What commands of the group `server` answer that need nothing but the table. */
function replies(...requests: readonly (readonly string[])[]): readonly (Reply | undefined)[] {
  const commands = createCommandTable(allCommands);
  return requests.map((args) => {
    const command = commands.find(args);
    if (command?.runs !== 'session') return undefined;
    return command.execute({ commands } as SessionContext, args);
  });
}

describe.skipIf(redisIsMissing)('beside COMMAND INFO of redis-server 7.0', () => {
  let server: ServerProcess;
  let redis: RawConnection;

  beforeAll(async () => {
    server = await startServer({ kind: 'redis' });
    redis = await RawConnection.open(server.port);
  });

  afterAll(async () => {
    redis?.close();
    await server?.stop();
  });

  test('arity, flags and key positions are the same', async () => {
    let comparedCount = 0;
    for (const command of every) {
      const [info = ''] = replyItems(await redis.askOne('COMMAND', 'INFO', command.name));
      if (info === '*-1\r\n' || info === '$-1\r\n') continue;
      const [, arity = '', flags = '', first = '', last = '', step = ''] = replyItems(info);
      const { keys } = command;
      const theirs = {
        arity: numberOf(arity),
        flags: replyItems(flags).map((flag) => flag.slice(1).trim()),
        keys: [first, last, step].map(numberOf),
      };
      const own = {
        arity: command.arity,
        flags: [...command.flags],
        keys: [keys.first, keys.last, keys.step],
      };
      theirs.flags.sort();
      own.flags.sort();
      expect(own, command.name).toEqual(theirs);
      comparedCount += 1;
    }
    expect(comparedCount).toBeGreaterThan(60);
  });
});

/** How many words the arguments are in a request. */
function wordsOf(documented: readonly ArgumentDoc[]): number {
  let count = 0;
  for (const { type, token, arguments: inner = [] } of documented) {
    if (type === 'pure-token') count += 1;
    else if (type === 'oneof') count += wordsOf(inner.slice(0, 1));
    else if (type === 'block') count += wordsOf(inner);
    else count += token === undefined ? 1 : 2;
  }
  return count;
}

function numberOf(reply: string): number {
  return Number(reply.slice(1).trim());
}
