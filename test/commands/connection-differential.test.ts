import { expect, test } from 'vitest';
import { describeBesideRedis } from './beside-redis.ts';

const cases: Readonly<Record<string, readonly string[]>> = {
  'PING and ECHO': ['PING', 'PING x', 'PING "a b"', 'PING a b', 'ECHO', 'ECHO ""', 'ECHO \xff\x00'],
  SELECT: ['SELECT 1', 'SELECT 16', 'SELECT -1', 'SELECT x', 'SELECT 01', 'SELECT 3000000000'],
  'SELECT without an index': ['SELECT', 'SELECT 1 2'],
  'AUTH without a password': ['AUTH x', 'AUTH default x', 'AUTH bob x', 'AUTH a b c', 'AUTH'],
  'HELLO with what it does not know': [
    'HELLO 1',
    'HELLO 4',
    'HELLO x',
    'HELLO 02',
    'HELLO 2 FOO',
    'HELLO 2 SETNAME',
    'HELLO 2 AUTH default',
    'HELLO 2 AUTH bob x',
    'HELLO 2 SETNAME "a b"',
  ],
  'names of connections': [
    'CLIENT GETNAME',
    'CLIENT SETNAME me',
    'CLIENT GETNAME',
    'CLIENT SETNAME "a b"',
    'CLIENT SETNAME a\nb',
    'CLIENT SETNAME ""',
    'CLIENT GETNAME',
    'CLIENT SETNAME',
  ],
  'RESET gives everything up': [
    'SELECT 3',
    'CLIENT SETNAME me',
    'MULTI',
    'RESET',
    'CLIENT GETNAME',
    'EXEC',
    'PING',
    'RESET x',
  ],
  'RESET of a subscriber': ['SUBSCRIBE a', 'PSUBSCRIBE b*', 'RESET', 'PING'],
  'RESET after WATCH': ['SET k v', 'WATCH k', 'SET k w', 'RESET', 'MULTI', 'PING', 'EXEC', 'DEL k'],
  'subscriptions inside of MULTI': [
    ...['MULTI', 'SUBSCRIBE a b a', 'PSUBSCRIBE c* d*', 'EXEC'],
    ...['MULTI', 'PING x', 'UNSUBSCRIBE b a x', 'SELECT 1', 'PUNSUBSCRIBE c*', 'EXEC', 'PING'],
    ...['UNSUBSCRIBE', 'PUNSUBSCRIBE', 'MULTI', 'UNSUBSCRIBE', 'PUNSUBSCRIBE', 'EXEC'],
    ...['MULTI', 'SUBSCRIBE', 'EXEC', 'MULTI', 'SUBSCRIBE e f', 'DISCARD', 'PING'],
  ],
  'all subscriptions ended inside of MULTI': [
    ...['SUBSCRIBE a b', 'PSUBSCRIBE c*', 'MULTI', 'EXEC', 'RESET'],
    ...['SUBSCRIBE a', 'PSUBSCRIBE c*', 'RESET', 'MULTI', 'SUBSCRIBE a', 'UNSUBSCRIBE', 'GET k'],
    ...['PSUBSCRIBE b* c*', 'PUNSUBSCRIBE', 'SET k v', 'EXEC', 'GET k', 'DEL k'],
  ],
  'a subscription behind a WATCH': [
    ...['SET k v', 'WATCH k', 'MULTI', 'SUBSCRIBE a b', 'DEL k', 'EXEC', 'RESET'],
    ...['WATCH k', 'SET k v', 'MULTI', 'SUBSCRIBE a b', 'EXEC', 'PING', 'DEL k'],
  ],
  'subscriptions that CLIENT REPLY does not silence': [
    ...['CLIENT REPLY OFF', 'SUBSCRIBE a b', 'PING', 'UNSUBSCRIBE a b', 'UNSUBSCRIBE', 'PING'],
    ...['CLIENT REPLY ON', 'PING'],
  ],
  'EXEC refused outside of MULTI': ['EXEC x', 'SUBSCRIBE a', 'EXEC', 'EXEC x', 'RESET'],
  'QUIT answers and closes': ['PING', 'QUIT', 'PING'],
  'QUIT with arguments': ['QUIT now'],
  'CLIENT REPLY': [
    'CLIENT REPLY OFF',
    'PING',
    'CLIENT REPLY SKIP',
    'PING',
    'CLIENT REPLY ON',
    'PING 1',
    'CLIENT REPLY SKIP',
    'PING 2',
    'PING 3',
    'CLIENT REPLY SKIP',
    'CLIENT REPLY ON',
    'CLIENT REPLY maybe',
    'CLIENT REPLY',
  ],
  'CLIENT KILL refuses': [
    'CLIENT KILL',
    'CLIENT KILL 1.1.1.1:1',
    'CLIENT KILL a b c',
    'CLIENT KILL ID x',
    'CLIENT KILL ID 0',
    'CLIENT KILL TYPE foo',
    'CLIENT KILL USER bob',
    'CLIENT KILL SKIPME maybe',
    'CLIENT KILL FOO bar',
    'CLIENT KILL ID 1 SKIPME',
  ],
  'CLIENT KILL finds nobody': [
    'CLIENT KILL ID 999999999',
    'CLIENT KILL ADDR 1.1.1.1:1',
    'CLIENT KILL LADDR 1.1.1.1:1',
    'CLIENT KILL TYPE master',
    'CLIENT KILL TYPE slave SKIPME no',
    'CLIENT KILL TYPE pubsub USER default',
  ],
  'CLIENT KILL of oneself': ['CLIENT KILL TYPE normal SKIPME no', 'PING'],
  'CLIENT LIST refuses': [
    'CLIENT LIST ID x',
    'CLIENT LIST ID 0',
    'CLIENT LIST ID',
    'CLIENT LIST TYPE x',
    'CLIENT LIST TYPE',
    'CLIENT LIST TYPE normal ID 1',
    'CLIENT LIST foo',
    'CLIENT LIST ID 999999999',
    'CLIENT LIST TYPE pubsub',
  ],
  'CLIENT NO-EVICT': ['CLIENT NO-EVICT on', 'CLIENT NO-EVICT OFF', 'CLIENT NO-EVICT x'],
  'other subcommands of CLIENT': [
    'CLIENT',
    'CLIENT FOO',
    'CLIENT MAINT_NOTIFICATIONS on',
    'CLIENT GETREDIR',
    'CLIENT ID x',
    'CLIENT INFO x',
  ],
};

describeBesideRedis('connection commands', cases, (bothAnswer) => {
  test('HELLO answers with the same fields in the same order', async () => {
    for (const hello of ['HELLO', 'HELLO 2', 'HELLO 3']) {
      const answers = await bothAnswer([hello]);
      const [own, theirs] = answers.map((text) =>
        text.replace(/\$[0-9]+\r\n[0-9.]+\r\n/, 'version ').replace(/(id\r\n):[0-9]+/, '$1:id'),
      );
      expect(own).toBe(theirs);
    }
  });

  test('a password is asked for in the same words', async () => {
    const set = ['CONFIG SET requirepass "open sesame"'];
    const unset = ['AUTH "open sesame"', 'CONFIG SET requirepass ""'];
    expect(await bothAnswer(set)).toEqual(['+OK\r\n', '+OK\r\n']);
    const scripts = [
      ['PING', 'GET k', 'FOO', 'HELLO', 'HELLO 3', 'HELLO 2 SETNAME x', 'MULTI', 'RESET'],
      ['AUTH x', 'AUTH default x', 'AUTH bob "open sesame"', 'PING'],
      ['AUTH "open sesame"', 'PING', 'RESET', 'PING'],
      ['AUTH default "open sesame"', 'CLIENT GETNAME'],
      ['HELLO 3 AUTH default x', 'PING', 'HELLO 2 AUTH bob "open sesame"'],
    ];
    for (const script of scripts) {
      const [own, theirs] = await bothAnswer([...script, 'QUIT']);
      expect(own, script.join(', ')).toBe(theirs);
    }
    const named = ['HELLO 2 AUTH default "open sesame" SETNAME me', 'CLIENT GETNAME'];
    for (const answer of await bothAnswer(named)) expect(answer).toMatch(/\$2\r\nme\r\n$/);
    const [own, theirs] = await bothAnswer(unset);
    expect(own).toBe(theirs);
  });
});
