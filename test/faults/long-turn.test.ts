import { afterAll, beforeAll, expect, test } from 'vitest';
import { Connection } from '../../harness/connection.ts';
import { elapse, monotonicMs } from '../../harness/elapse.ts';
import { type ServerProcess, startServer } from '../../harness/server-process.ts';

/*
 * A request that comes while a long turn is under way can still be read in that turn, when its
 * socket was known to be readable before. Its lease must be counted from when it came, not from
 * the beginning of the turn: the client counts from when it sent the request.
 */

let server: ServerProcess;
beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  await server.stop();
});

/** Longer than the turn, so that the lease is still held when its reply comes. */
const ttlMs = 1_500;
/** How far into the turn the requests come: more than the margin that each lease is given. */
const intoTurnMs = 100;
/** Transactions that together make the turn long, and the commands of each. */
const transactionCount = 8;
const commandCount = 20_000;
const attemptsMax = 4;

test('a lease asked for in a long turn is not counted from the beginning of the turn', async () => {
  let duringTurn = 0;
  for (let attempt = 0; attempt < attemptsMax && duringTurn < 2; attempt += 1) {
    const heavies = await open();
    const holders = await open();
    await Promise.all(heavies.map((heavy) => heavy.sendAll([['MULTI'], ...heavyCommands])));
    server.signal('SIGSTOP');
    let runningCount = transactionCount;
    // The sockets of both kinds are readable in turn when the process goes on.
    const early = heavies.flatMap((heavy, at) => {
      const executed = heavy.send('EXEC').then(() => {
        runningCount -= 1;
      });
      return [executed, holders[at]?.send('PING')];
    });
    await elapse(20);
    server.signal('SIGCONT');
    await elapse(intoTurnMs);
    const sentAtMs = monotonicMs();
    if (runningCount === transactionCount) duringTurn += 1;
    const asked = holders.map((holder, at) =>
      holder.send('KLOCK', keyOf(at), 'holder', `${ttlMs}`),
    );
    const tokens = await Promise.all(asked);
    expect(tokens.every((token) => typeof token === 'number')).toBe(true);
    await Promise.all(keys.map((key) => expectHeld(key, sentAtMs + ttlMs)));
    await Promise.all(early);
    for (const connection of [...heavies, ...holders]) connection.close();
  }
  expect(duringTurn, 'attempts in which the requests came during the turn').toBeGreaterThan(0);
});

async function open(): Promise<readonly Connection[]> {
  return await Promise.all(keys.map(() => Connection.open(server.port)));
}

/** Tries to take the key until that succeeds, which must not be before the time. */
async function expectHeld(key: string, untilMs: number): Promise<void> {
  const rival = await Connection.open(server.port);
  while ((await rival.send('KLOCK', key, 'rival', '1')) === null) await elapse(1);
  expect(monotonicMs() - untilMs, `ms after the end of ${key}`).toBeGreaterThanOrEqual(0);
  rival.close();
}

const keys = Array.from({ length: transactionCount }, (_, number) => `asked:${number}`);
const keyOf = (number: number): string => keys[number] ?? '';
const heavyCommands = Array.from({ length: commandCount }, (_, number) => [
  'SET',
  `heavy:${number}`,
  'owner',
  'PX',
  '60000',
]);
