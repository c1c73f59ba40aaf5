import { describe, expect, test } from 'vitest';
import { requestOf } from '../../harness/request.ts';
import { limits } from '../../src/base/limits.ts';
import { TestServer } from './test-server.ts';

const QUEUED = '+QUEUED\r\n';
const EXECABORT = '-EXECABORT Transaction discarded because of previous errors.\r\n';

describe('MULTI and EXEC', () => {
  test.each([
    [
      'run the queue as one',
      'MULTI\r\nSET k v\r\nGET k\r\nEXEC',
      `+OK\r\n${QUEUED.repeat(2)}*2\r\n+OK\r\n$1\r\nv\r\n`,
    ],
    ['of nothing answer an empty array', 'MULTI\r\nEXEC', '+OK\r\n*0\r\n'],
    [
      'need each other',
      'EXEC\r\nDISCARD',
      '-ERR EXEC without MULTI\r\n-ERR DISCARD without MULTI\r\n',
    ],
    [
      'can not be nested, which does not end the transaction',
      'MULTI\r\nMULTI\r\nPING\r\nEXEC',
      `+OK\r\n-ERR MULTI calls can not be nested\r\n${QUEUED}*1\r\n+PONG\r\n`,
    ],
    [
      'refuse WATCH between them, which does not end the transaction',
      'MULTI\r\nWATCH k\r\nPING\r\nEXEC',
      `+OK\r\n-ERR WATCH inside MULTI is not allowed\r\n${QUEUED}*1\r\n+PONG\r\n`,
    ],
    [
      'run nothing after an unknown command',
      'MULTI\r\nfoo\r\nSET k v\r\nEXEC\r\nGET k',
      "+OK\r\n-ERR unknown command 'foo', with args beginning with: \r\n" +
        `${QUEUED}${EXECABORT}$-1\r\n`,
    ],
    [
      'run nothing after a wrong number of arguments',
      'MULTI\r\nGET\r\nEXEC',
      `+OK\r\n-ERR wrong number of arguments for 'get' command\r\n${EXECABORT}`,
    ],
    [
      'run nothing after an unknown subcommand',
      'MULTI\r\nCLIENT foo\r\nEXEC',
      `+OK\r\n-ERR unknown subcommand 'foo'. Try CLIENT HELP.\r\n${EXECABORT}`,
    ],
    [
      'run nothing after a command that they do not allow',
      'MULTI\r\nALONE\r\nEXEC',
      `+OK\r\n-ERR Command not allowed inside a transaction\r\n${EXECABORT}`,
    ],
    [
      'are over when EXEC itself is wrong',
      'MULTI\r\nEXEC foo\r\nEXEC',
      '+OK\r\n-EXECABORT Transaction discarded because of: wrong number of arguments for ' +
        "'exec' command\r\n-ERR EXEC without MULTI\r\n",
    ],
    [
      'go on when DISCARD is wrong, to be discarded',
      'MULTI\r\nDISCARD x\r\nEXEC',
      `+OK\r\n-ERR wrong number of arguments for 'discard' command\r\n${EXECABORT}`,
    ],
    ['queue UNWATCH', 'MULTI\r\nUNWATCH\r\nEXEC', `+OK\r\n${QUEUED}*1\r\n+OK\r\n`],
    [
      'are left by DISCARD',
      'MULTI\r\nSET k v\r\nDISCARD\r\nGET k',
      `+OK\r\n${QUEUED}+OK\r\n$-1\r\n`,
    ],
    [
      'are left by RESET',
      'MULTI\r\nSET k v\r\nRESET\r\nEXEC',
      `+OK\r\n${QUEUED}+RESET\r\n-ERR EXEC without MULTI\r\n`,
    ],
    ['queue the help of a container', 'MULTI\r\nPUBSUB HELP\r\nDISCARD', `+OK\r\n${QUEUED}+OK\r\n`],
    ['publish', 'MULTI\r\nPUBLISH a m\r\nEXEC', `+OK\r\n${QUEUED}*1\r\n:0\r\n`],
  ])('%s', async (_name, lines, replies) => {
    expect(await new TestServer().connect().ask(lines)).toBe(replies);
  });

  test('QUIT between them ends the connection', async () => {
    const client = new TestServer().connect();
    client.send('MULTI\r\nQUIT\r\nPING\r\n');
    expect(await client.readToEnd()).toBe('+OK\r\n+OK\r\n');
  });

  test('SUBSCRIBE between them is confirmed inside the reply of EXEC', async () => {
    const client = new TestServer().connect();
    const confirmed = '*3\r\n$9\r\nsubscribe\r\n$1\r\nq\r\n:1\r\n';
    const reply = `+OK\r\n${QUEUED}*1\r\n${confirmed}`;
    client.send('MULTI\r\nSUBSCRIBE q\r\nEXEC\r\n');
    expect(await client.read(reply)).toBe(reply);
  });

  test('the reply of EXEC waits for the commit, and what follows waits behind it', async () => {
    const server = new TestServer({ commitByHand: true });
    const client = server.connect();
    client.send('MULTI\r\nSET k v\r\nEXEC\r\nPING\r\n');
    const queued = `+OK\r\n${QUEUED}`;
    expect(await client.read(queued)).toBe(queued);
    expect(client.received).toBe('');
    server.commit();
    const rest = '*1\r\n+OK\r\n+PONG\r\n';
    expect(await client.read(rest)).toBe(rest);
  });

  test('a queue beyond its limits is refused and discarded', async () => {
    const client = new TestServer().connect();
    const count = limits.transactionCommandCountMax;
    const error = `-ERR transaction has more than ${count} commands\r\n`;
    const replies = `+OK\r\n${QUEUED.repeat(count)}${error}${EXECABORT}`;
    client.send(`MULTI\r\n${'PING\r\n'.repeat(count + 1)}EXEC\r\n`);
    expect(await client.read(replies)).toBe(replies);
  });

  test('a queue holds no more bytes than its limit', async () => {
    const client = new TestServer().connect();
    const large = requestOf(['ECHO', 'x'.repeat(limits.argumentBytesMax)]);
    const fitting = limits.transactionBytesMax / limits.argumentBytesMax - 1;
    const error = `-ERR transaction has more than ${limits.transactionBytesMax} bytes\r\n`;
    const replies = `+OK\r\n${QUEUED.repeat(fitting)}${error}${EXECABORT}`;
    client.send(`MULTI\r\n${large.repeat(fitting + 1)}EXEC\r\n`);
    expect(await client.read(replies)).toBe(replies);
  });
});

describe('WATCH', () => {
  const nothing = { 2: '*-1\r\n', 3: '_\r\n' } as const;

  test.each([2, 3] as const)('stops EXEC when a key has changed, in RESP%i', async (protocol) => {
    const server = new TestServer();
    const [watcher, writer] = [server.connect(), server.connect()];
    await watcher.ask(`HELLO ${protocol}`);
    const begun = `+OK\r\n+OK\r\n${QUEUED}`;
    watcher.send('WATCH k\r\nMULTI\r\nSET k mine\r\n');
    expect(await watcher.read(begun)).toBe(begun);
    expect(await writer.ask('SET k theirs')).toBe('+OK\r\n');
    expect(await watcher.ask('EXEC\r\nGET k')).toBe(`${nothing[protocol]}$6\r\ntheirs\r\n`);
    expect(await watcher.ask('MULTI\r\nSET k mine\r\nEXEC')).toBe(`+OK\r\n${QUEUED}*1\r\n+OK\r\n`);
  });

  test.each(['UNWATCH', 'MULTI\r\nDISCARD', 'RESET', 'MULTI\r\nfoo\r\nEXEC'])(
    'is ended by %j',
    async (end) => {
      const server = new TestServer();
      const [watcher, writer] = [server.connect(), server.connect()];
      await watcher.ask('WATCH k other');
      await writer.ask('SET k theirs');
      await watcher.ask(end);
      expect(watcher.session.watchedKeys).toEqual([]);
      expect(server.router.keyspace.watchedVersion(0, 'k')).toBe(-1);
      expect(await watcher.ask('MULTI\r\nGET k\r\nEXEC')).toBe(
        `+OK\r\n${QUEUED}*1\r\n$6\r\ntheirs\r\n`,
      );
    },
  );

  test('is ended when the session ends', async () => {
    const server = new TestServer();
    const watcher = server.connect();
    await watcher.ask('WATCH k');
    expect(server.router.keyspace.watchedVersion(0, 'k')).not.toBe(-1);
    watcher.stream.destroy();
    await watcher.readToEnd();
    expect(server.router.keyspace.watchedVersion(0, 'k')).toBe(-1);
  });
});
