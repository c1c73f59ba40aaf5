import { Prng } from '../src/base/prng.ts';
import { ChannelClient } from './channel-client.ts';
import type { ConnectionOptions } from './client-connection.ts';
import type { MessageJudge } from './message-judge.ts';
import type { Profile } from './profile.ts';
import type { Scheduler } from './scheduler.ts';
import type { ClientPort } from './sim-client.ts';
import { TransactionClient } from './transaction-client.ts';
import type { TransactionJudge } from './transaction-judge.ts';
import type { TrustBook } from './trust-book.ts';

/** A client beside those that take one lock at a time. */
export interface OtherClient {
  start(): void;
  nodeDied(nodeId: number): void;
}

export interface TrafficOptions {
  readonly profile: Profile;
  readonly scheduler: Scheduler;
  readonly prng: Prng;
  readonly port: ClientPort;
  readonly firstId: number;
  readonly transactions: TransactionJudge;
  readonly messages: MessageJudge;
  readonly trust: TrustBook;
  readonly trace: ConnectionOptions['trace'];
}

/** Two groups of keys, each of one slot, so that clients meet; and as many channels. */
const names = [0, 1];
/** A transaction is many requests; those who send them think longer. */
const patience = 3;
const slots = names.map((at) => ['a', 'b', 'c'].map((key) => `{many:${at}}.${key}`));
const channels = names.map((at) => `news:${at}`);

/** Clients that run transactions, and clients that publish and listen. */
export function otherClients(options: TrafficOptions): readonly OtherClient[] {
  const { profile, prng, firstId, transactions, messages } = options;
  const { transactionClientCount, channelClientCount } = profile;
  const connection = (at: number): ConnectionOptions & { readonly thinkMs: number } => {
    const { scheduler, port, trace } = options;
    const thinkMs = patience * profile.thinkMs;
    return { id: firstId + at, prng: new Prng(prng.u32()), scheduler, port, trace, thinkMs };
  };
  const clients: OtherClient[] = [];
  for (let at = 0; at < transactionClientCount; at += 1) {
    const { trust } = options;
    const { ttlMsMax } = profile;
    const own = { slots, judge: transactions, trust, ttlMsMax };
    clients.push(new TransactionClient({ ...connection(clients.length), ...own }));
  }
  for (let at = 0; at < channelClientCount; at += 1) {
    const own = { channels, judge: messages };
    clients.push(new ChannelClient({ ...connection(clients.length), ...own }));
  }
  return clients;
}
