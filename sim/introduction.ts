import type { RaftPacket } from '../src/transport/packet.ts';
import type { PeerHello } from '../src/transport/peer-hello.ts';
import type { Introduction } from './data-opening.ts';
import type { Network } from './network.ts';
import type { SimNode } from './sim-node.ts';

/**
 * What the nodes that can be reached say to one without data, if any can be. All of them are asked
 * until one lets it in: each may have to pass the question on.
 */
export function introductionOf(
  hello: PeerHello,
  peers: readonly SimNode[],
  network: Network<readonly RaftPacket[]>,
): Introduction {
  let said: Introduction;
  for (const { nodeId, status, process, transport } of peers) {
    if (nodeId === hello.nodeId || status !== 'up' || transport === undefined) continue;
    if (process?.paused !== false || !network.isOpen(hello.nodeId, nodeId)) continue;
    const { accept, hello: helloOf } = transport.events;
    const refusal = accept(hello, 'incoming');
    if (refusal === undefined) return { kind: 'welcome', hello: helloOf() };
    said ??= { kind: 'refusal', refusal };
  }
  return said;
}
