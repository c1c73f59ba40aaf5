import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { FencepostError } from '../base/errors.ts';
import { nodeDisk, syncFolder, systemCode } from '../store/disk.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { sortedPeers } from './peer-judgement.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** The file in the data folder that keeps the secret for later starts. */
const secretFileName = 'cluster-secret';

/**
 * The id of a cluster that begins: the same on every node that was given the same members, the
 * same number of partitions and the same secret, and on no other.
 */
export function clusterIdOf(
  { peers, secret }: Pick<ClusterOptions, 'peers' | 'secret'>,
  partitionCount: number,
): string {
  const members = sortedPeers(peers).map(({ nodeId, address }) => `${nodeId}=${address}`);
  const hash = createHash('sha256').update(`fencepost\n${partitionCount}\n${members.join('\n')}\n`);
  return hash
    .update(secret ?? '')
    .digest('hex')
    .slice(0, 32);
}

/** @throws FencepostError `BAD_OPTION` if the flags do not say enough for a first start */
export function checkFirstStart({ nodeId, peers, join, peerPort }: ClusterOptions): void {
  if (nodeId === 0) throw new FencepostError('BAD_OPTION', '--peers needs --node-id as well');
  if (peers.size === 0) throw new FencepostError('BAD_OPTION', '--node-id needs --peers as well');
  if (!join && !peers.has(nodeId)) {
    const names = [...peers.keys()].join(', ');
    const what = `--peers names the nodes ${names}, but not this one, node ${nodeId}`;
    throw new FencepostError('BAD_OPTION', what);
  }
  if (!peers.has(nodeId) && peerPort === 0) {
    throw new FencepostError('BAD_OPTION', 'a node that joins needs --peer-port');
  }
}

/**
 * Where this node listens for its peers: what the flags say, else its address among the peers.
 *
 * @throws FencepostError `BAD_OPTION` if two of them differ
 */
export function listenAddress(
  { nodeId, peerHost, peerPort }: ClusterOptions,
  peers: ReadonlyMap<number, string>,
): Endpoint {
  const address = peers.get(nodeId);
  const own = address === undefined ? undefined : endpointOf(address);
  if (own !== undefined && peerPort !== 0 && own.port !== peerPort) {
    const what = `--peer-port is ${peerPort}, but --peers gives node ${nodeId} port ${own.port}`;
    throw new FencepostError('BAD_OPTION', what);
  }
  const host = peerHost === '' ? (own?.host ?? '127.0.0.1') : peerHost;
  return { host, port: peerPort === 0 ? (own?.port ?? 0) : peerPort };
}

/**
 * The same for a start that is not the first: what the flags say, else where the node listened
 * when its folder was made.
 */
export function laterListenAddress(
  cluster: ClusterOptions,
  peers: ReadonlyMap<number, string>,
  peerAddress: string,
): Endpoint {
  if (peerAddress === '') return listenAddress(cluster, peers);
  const { host, port } = endpointOf(peerAddress);
  return { host: cluster.peerHost || host, port: cluster.peerPort || port };
}

/** `host:port`, the host of IPv6 in brackets. */
function endpointOf(address: string): Endpoint {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return { host, port: Number(address.slice(colon + 1)) };
}

export function textOf({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Keeps the secret beside the data, for its owner alone. It is on disk before the groups are
 * founded: later starts take the folder for whole, and need no flags.
 */
export async function keepSecret(folder: string, secret: Buffer | undefined): Promise<void> {
  if (secret === undefined) return;
  const file = await open(path.join(folder, secretFileName), 'w', 0o600);
  try {
    await file.chmod(0o600);
    await file.writeFile(secret);
    await file.sync();
  } finally {
    await file.close();
  }
  syncFolder(nodeDisk, folder);
}

/** @throws FencepostError `DATA_FOLDER_UNUSABLE` if it cannot be read, or nothing is in it */
export async function keptSecret(folder: string): Promise<Buffer | undefined> {
  const file = path.join(folder, secretFileName);
  let secret: Buffer;
  try {
    secret = await readFile(file);
  } catch (failure) {
    if (systemCode(failure) === 'ENOENT') return undefined;
    throw new FencepostError('DATA_FOLDER_UNUSABLE', `${file} cannot be read`, failure);
  }
  if (secret.length > 0) return secret;
  // Whoever knows nothing would know it.
  const what = `${file} is empty: start the node with --cluster-secret-file`;
  throw new FencepostError('DATA_FOLDER_UNUSABLE', what);
}
