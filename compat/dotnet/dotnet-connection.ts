import type { Connection, ConnectionClient } from '../connection-contract.ts';
import { LockDriver, readHandle } from '../lock-driver.ts';
import { type DotnetLibrary, dotnetProgram } from './dotnet-client.ts';

/*
 * StackExchange.Redis as a connection: any command by its Execute. Its WATCH is a condition of a
 * transaction, that a key has the value which it had when `watch` was called.
 */

export function dotnetConnection(library: DotnetLibrary, asked?: 2 | 3): ConnectionClient {
  const { command, ...names } = dotnetProgram(library, asked);
  let driver: LockDriver | undefined;
  return {
    ...names,
    open: async ({ host, port }) => {
      driver ??= new LockDriver(command);
      const session = readHandle(await driver.call({ call: 'open', host, port }));
      return openConnection(driver, session);
    },
  };
}

function openConnection(driver: LockDriver, session: number): Connection {
  const watched: Record<string, string> = {};
  const pipeline = async (commands: readonly (readonly string[])[]) =>
    listOf(await asServerSays(driver.call({ call: 'pipeline', session, commands })));
  const call = async (args: readonly string[]) => (await pipeline([args]))[0];
  return {
    call,
    pipeline,
    watch: async (key) => {
      watched[key] = String(await call(['GET', key]));
    },
    transaction: async (commands) => {
      const request = { call: 'transaction', session, watched: { ...watched }, commands } as const;
      for (const key of Object.keys(watched)) delete watched[key];
      const replies = await asServerSays(driver.call(request));
      return replies === null ? null : listOf(replies);
    },
    subscribe: async (channel, onMessage) => {
      await driver.call({ call: 'subscribe', session, name: channel });
      const receive = async (): Promise<void> => {
        onMessage(String(await driver.call({ call: 'receive', session, name: channel })));
      };
      // One message is enough for the contract; after a close there is none.
      void receive().catch(() => {});
    },
    close: async () => {
      await driver.call({ call: 'close', session });
    },
  };
}

/** The program puts the name of the exception before the words of the server. */
async function asServerSays(reply: Promise<unknown>): Promise<unknown> {
  try {
    return await reply;
  } catch (failure) {
    const words = failure instanceof Error ? failure.message : String(failure);
    throw new Error(words.replace(/^RedisServerException: /, ''));
  }
}

function listOf(replies: unknown): readonly unknown[] {
  if (!Array.isArray(replies)) throw new Error(`no list of replies: ${JSON.stringify(replies)}`);
  return replies;
}
