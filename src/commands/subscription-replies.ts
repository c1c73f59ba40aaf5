import type { ByteString } from '../base/byte-string.ts';
import { limits } from '../base/limits.ts';
import { bulk, error, integer, NULL, type Reply } from '../resp/reply.ts';
import { type SessionPort, subscriptionCount } from './session-port.ts';

type Verb = 'subscribe' | 'unsubscribe' | 'psubscribe' | 'punsubscribe';

/**
 * Runs `change` for each channel or pattern and confirms each by a message of its own, as the
 * (un)subscribe commands do: all but the last are pushed, the last one is the command's reply.
 * The count in each message is that of all subscriptions of the session.
 */
export function confirmEach(
  session: SessionPort,
  verb: Verb,
  names: readonly ByteString[],
  change: (name: ByteString) => void,
): Reply {
  let last: Reply = confirmation(session, verb, undefined);
  for (const [at, name] of names.entries()) {
    if (at > 0) session.push(last);
    change(name);
    last = confirmation(session, verb, name);
  }
  return last;
}

/** The error for a session that would have too many subscriptions, or undefined. */
export function refuseSubscriptions(session: SessionPort, added: number): Reply | undefined {
  if (subscriptionCount(session) + added <= limits.subscriptionCountMax) return undefined;
  return error(`ERR a session has at most ${limits.subscriptionCountMax} subscriptions`);
}

function confirmation(session: SessionPort, verb: Verb, name: ByteString | undefined): Reply {
  const count = integer(subscriptionCount(session));
  return { kind: 'push', items: [bulk(verb), name === undefined ? NULL : bulk(name), count] };
}
