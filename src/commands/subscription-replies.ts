import type { ByteString } from '../base/byte-string.ts';
import { limits } from '../base/limits.ts';
import { bulk, error, integer, NULL, type Reply } from '../resp/reply.ts';
import type { SessionContext } from './context.ts';
import { type SessionPort, subscriptionCount } from './session-port.ts';

type Verb = 'subscribe' | 'unsubscribe' | 'psubscribe' | 'punsubscribe';

/**
 * Runs `change` for each channel or pattern and confirms each by a message of its own, as the
 * (un)subscribe commands do; without any, there is one message that names none. The count in each
 * is that of all subscriptions of the session.
 */
export function confirmEach(
  session: SessionPort,
  verb: Verb,
  names: readonly ByteString[],
  change: (name: ByteString) => void,
): Reply {
  if (names.length === 0) return { kind: 'several', items: [confirmation(session, verb, NULL)] };
  const items = names.map((name) => {
    change(name);
    return confirmation(session, verb, bulk(name));
  });
  return { kind: 'several', items };
}

/** The error for a session that would have too many subscriptions, or undefined. */
export function refuseSubscriptions(
  { session, server }: SessionContext,
  added: readonly ByteString[],
): Reply | undefined {
  const { subscriptionCountMax, subscriptionBytesMax } = limits;
  if (subscriptionCount(session) + added.length > limits.subscriptionCountMax) {
    return error(`ERR a session has at most ${subscriptionCountMax} subscriptions`);
  }
  let bytes = server.subscriptions.byteCount(session);
  for (const name of added) bytes += name.length;
  if (bytes <= limits.subscriptionBytesMax) return undefined;
  return error(`ERR the subscriptions of a session have at most ${subscriptionBytesMax} bytes`);
}

function confirmation(session: SessionPort, verb: Verb, name: Reply): Reply {
  return { kind: 'push', items: [bulk(verb), name, integer(subscriptionCount(session))] };
}
