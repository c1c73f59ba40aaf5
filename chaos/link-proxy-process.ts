import { Prng } from '../src/base/prng.ts';
import { LinkProxy, type LinkProxyOptions, type Passage } from './link-proxy.ts';
import type { Slowness } from './network.ts';

/*
 * A proxy in the network namespace of its node. It knows who dials by the address, and hears
 * over its channel what may pass; when the channel ends, so does it.
 */

/** What the process is told at its start, as JSON in its first argument. */
export interface LinkProxySetup {
  readonly options: Pick<LinkProxyOptions, 'nodeId' | 'listen' | 'target'>;
  readonly seed: number;
  readonly nodeOfHost: Readonly<Record<string, number>>;
}

/** What it is told later; the answer is always the text `done`. */
export interface LinkProxyOrder {
  readonly passages: readonly (readonly [nodeId: number, passage: Passage])[];
  /** Null: as fast as it is. */
  readonly slowness: Slowness | null;
}

/** `as`: the parent process is this program's own, of the same build. */
const setup = JSON.parse(process.argv[2] ?? '{}') as LinkProxySetup;
const proxy = await LinkProxy.open({
  ...setup.options,
  prng: new Prng(setup.seed),
  identify: (socket) => setup.nodeOfHost[socket.remoteAddress ?? ''],
});
process.on('disconnect', () => process.exit(0));
process.on('message', (order: LinkProxyOrder) => {
  proxy.setPassages(new Map(order.passages));
  proxy.setSlowness(order.slowness ?? undefined);
  process.send?.('done');
});
process.send?.('done');
