import { FencepostError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { type PeerHello, protocolVersion } from '../transport/peer-hello.ts';
import { Transport } from '../transport/transport.ts';
import type { TransportOptions } from '../transport/transport-options.ts';
import { sortedPeers } from './peer-judgement.ts';

export interface PreflightOptions {
  readonly nodeId: number;
  /** '' if the node joins a cluster that it does not know yet. */
  readonly clusterId: string;
  /** The first incarnation that is free as far as this node knows. */
  readonly incarnation: number;
  readonly partitionCount: number;
  /** Of every node that is known, this one possibly among them. */
  readonly peers: ReadonlyMap<number, string>;
  readonly clientAddress: string;
  readonly listen: TransportOptions['listen'];
  readonly secret: Buffer | undefined;
  readonly log: TransportOptions['log'];
}

export interface PreflightResult {
  readonly incarnation: number;
  /** What a peer said that let this node in; undefined if none was reached. */
  readonly welcome: PeerHello | undefined;
}

/**
 * Introduces a node that has no data to its peers, before it takes part in anything: they know
 * whether a node of that id was in the cluster already. If so its replicas may have voted and
 * acknowledged, and what is left of it must not speak in their name: it takes the next
 * incarnation. It ends as soon as a peer lets the node in, or when none was reached for a while.
 *
 * @param waitMs for how long a first answer is waited for
 * @throws FencepostError `PEER_REFUSED` if a peer says that this node cannot be of the cluster,
 *   with the exact difference; `ADDRESS_IN_USE` or the like if the peer port cannot be used
 */
export async function introduce(
  options: PreflightOptions,
  waitMs: number,
): Promise<PreflightResult> {
  let { incarnation } = options;
  const others = sortedPeers(options.peers).filter(({ nodeId }) => nodeId !== options.nodeId);
  let settle: (result: PeerHello | FencepostError | undefined) => void = () => undefined;
  const settled = new Promise<PeerHello | FencepostError | undefined>((resolve) => {
    settle = resolve;
  });
  const transport = await Transport.open({
    listen: options.listen,
    secret: options.secret,
    hello: () => helloOf(options, incarnation),
    accept: () => undefined,
    onPacket: () => undefined,
    onFrameEnd: () => undefined,
    onLink: (_nodeId, state, hello) => {
      if (state === 'up' && hello !== undefined) settle(hello);
    },
    onRefused: (nodeId, { code, text, proven }) => {
      if (!proven) return;
      if (code === 'USED_INCARNATION' && incarnation < limits.incarnationMax) incarnation += 1;
      else settle(new FencepostError('PEER_REFUSED', `node ${nodeId} refuses this node: ${text}`));
    },
    log: options.log,
  });
  const timer = setTimeout(() => settle(undefined), waitMs);
  transport.setPeers(others);
  const result = await settled;
  clearTimeout(timer);
  await transport.close();
  if (result instanceof FencepostError) throw result;
  return { incarnation, welcome: result };
}

function helloOf(options: PreflightOptions, incarnation: number): PeerHello {
  const { clusterId, nodeId, partitionCount, clientAddress } = options;
  const peers = sortedPeers(options.peers);
  return {
    clusterId,
    nodeId,
    incarnation,
    protocolVersion,
    partitionCount,
    peers,
    clientAddress,
    joining: true,
  };
}
