import { describe, expect, test } from 'vitest';
import type { SessionPort } from '../../src/commands/session-port.ts';
import { Slowlog } from '../../src/server/slowlog.ts';
import { TestServer } from './test-server.ts';

function session(): SessionPort {
  const { session: opened } = new TestServer().connect();
  opened.name = 'me';
  return opened;
}

function slowlog({ slowerThan = 100, length = 3 } = {}): Slowlog {
  return new Slowlog({
    slowerThanMicros: () => slowerThan,
    lengthMax: () => length,
    wallMicros: () => 1_700_000_000_500_000,
  });
}

describe('the slow log', () => {
  test('keeps the newest commands that ran long, newest first', () => {
    const log = slowlog();
    const me = session();
    for (const micros of [99, 100, 101, 102, 103]) log.note(me, ['GET', `k${micros}`], micros);
    expect(log.entries(-1).map(({ durationMicros }) => durationMicros)).toEqual([103, 102, 101]);
    expect(log.entries(1)).toEqual([
      {
        id: 3,
        atSeconds: 1_700_000_000,
        durationMicros: 103,
        args: ['GET', 'k103'],
        peerAddress: '127.0.0.1:50000',
        clientName: 'me',
      },
    ]);
    log.reset();
    expect(log.length).toBe(0);
    log.note(me, ['GET', 'k'], 500);
    expect(log.entries(10)[0]?.id).toBe(4);
  });

  test('is off at -1, and keeps nothing at length 0', () => {
    const off = slowlog({ slowerThan: -1 });
    off.note(session(), ['GET', 'k'], 1e9);
    const empty = slowlog({ length: 0 });
    empty.note(session(), ['GET', 'k'], 1e9);
    expect([off.length, empty.length]).toEqual([0, 0]);
  });

  test('shortens many and long arguments as Redis does', () => {
    const log = slowlog();
    log.note(session(), ['MGET', ...Array.from({ length: 40 }, () => 'k')], 200);
    log.note(session(), ['SET', 'k', 'x'.repeat(130)], 200);
    const [long, many] = log.entries(-1);
    expect(many?.args.length).toBe(32);
    expect(many?.args.at(-1)).toBe('... (10 more arguments)');
    expect(long?.args[2]).toBe(`${'x'.repeat(128)}... (2 more bytes)`);
  });

  test('never shows a password', () => {
    const log = slowlog({ length: 10 });
    const requests = [
      ['auth', 'secret'],
      ['AUTH', 'user', 'secret'],
      ['HELLO', '3', 'auth', 'user', 'secret', 'SETNAME', 'me'],
      ['CONFIG', 'set', 'timeout', '1', 'RequirePass', 'secret'],
    ];
    for (const args of requests) log.note(session(), args, 200);
    const shown = log.entries(-1).map(({ args }) => args.join(' '));
    expect(shown).toEqual([
      'CONFIG set timeout 1 RequirePass (redacted)',
      'HELLO 3 auth (redacted) (redacted) SETNAME me',
      'AUTH (redacted) (redacted)',
      'auth (redacted)',
    ]);
  });
});
