import { FencepostError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { Store } from '../store/store.ts';
import type { Identity, StoreOptions } from '../store/store-port.ts';
import type { TransportOptions } from '../transport/transport-options.ts';
import {
  checkFirstStart,
  clusterIdOf,
  type Endpoint,
  keepSecret,
  keptSecret,
  laterListenAddress,
  listenAddress,
  textOf,
} from './cluster-identity.ts';
import { type ClusterOptions, saysNothing } from './cluster-options.ts';
import type { ClusterStart } from './cluster-parts.ts';
import {
  isFounding,
  keepFounding,
  keptFounding,
  markFounding,
  unmarkFounding,
} from './founding-mark.ts';
import type { NodeOptions } from './node.ts';
import { sortedPeers } from './peer-judgement.ts';
import { introduce } from './preflight.ts';
import { firstIncarnation, foundGroups } from './recovery.ts';

/** A data folder that is open, and what this start means for the cluster. */
export interface OpenData {
  readonly store: Store;
  readonly partitionCount: number;
  /** The nodes that began the cluster, none if this one joined it; undefined for a node alone. */
  readonly founders: readonly number[] | undefined;
  readonly cluster: ClusterStart | undefined;
}

/**
 * Opens the data folder of a node, and finds out what this start means for its cluster: its first
 * one or a later one, as a founder, as one who joins, or as one whose data was damaged.
 *
 * @throws FencepostError as `startNode`
 */
export async function openData(
  options: NodeOptions,
  onFailure: StoreOptions['onFailure'],
): Promise<OpenData> {
  const { dataFolder: folder } = options;
  const open = openerOf(options, onFailure);
  let store: Store;
  try {
    if (Store.findIdentity(folder) === undefined) return await openNew(options, open);
    store = await open();
  } catch (failure) {
    if (!isDamage(failure)) throw failure;
    return await rejoin(options, open, failure);
  }
  try {
    if (isFounding(folder) && !tookPart(store)) return await foundAgain(options, open, store);
    return await openKnown(options, store);
  } catch (failure) {
    await store.close();
    throw failure;
  }
}

/**
 * Opens the folder of a node of a cluster once more, after its damage was found, and begins anew.
 * No store has it open.
 *
 * @throws FencepostError as `startNode`
 */
export async function openAnew(
  options: NodeOptions,
  onFailure: StoreOptions['onFailure'],
  damage: FencepostError,
): Promise<OpenData> {
  return await rejoin(options, openerOf(options, onFailure), damage);
}

export function isDamage(failure: unknown): failure is FencepostError {
  return failure instanceof FencepostError && failure.code === 'DATA_DAMAGED';
}

function openerOf(options: NodeOptions, onFailure: StoreOptions['onFailure']): Open {
  const { dataFolder: folder, fsyncMode: mode, log } = options;
  return (create) => Store.open({ folder, mode, log, onFailure, ...(create && { create }) });
}

/** Whether the folder holds anything that only those can have given who let the node in. */
function tookPart(store: Store): boolean {
  return [...store.recovered.values()].some(
    ({ checkpoint, entries }) => entries.length > 0 || (checkpoint?.index ?? 0) > 0,
  );
}

/** A founder that nobody has vouched for, and that has at most voted yet, asks once more. */
async function foundAgain(options: NodeOptions, open: Open, store: Store): Promise<OpenData> {
  const { nodeId, clusterId, incarnation, peers } = store.identity;
  const known = await openKnown(options, store);
  if (known.cluster === undefined) return known;
  const { listen, secret } = known.cluster;
  const log = logOf(options);
  const { partitionCount } = known;
  const { foundingId } = known.cluster;
  const who = { nodeId, clusterId, foundingId, incarnation, partitionCount, peers };
  const asked = { ...who, keeps: true, listen, secret, log };
  const found = await introduce(asked, limits.introductionMs);
  if (found.incarnation === incarnation) return known;
  await store.close();
  const what = `node ${nodeId} was in the cluster before this data folder was made`;
  return await rejoin(options, open, new FencepostError('DATA_DAMAGED', what));
}

function logOf({ log }: NodeOptions): TransportOptions['log'] {
  return (level, message, details) => log(message, details, level);
}

type Open = (create?: NonNullable<StoreOptions['create']>) => Promise<Store>;

/** The first start on a folder: alone, as a founder of a cluster, or as one who joins it. */
async function openNew(options: NodeOptions, open: Open): Promise<OpenData> {
  const partitionCount = options.partitionCount === 0 ? 1 : options.partitionCount;
  const { cluster } = options;
  if (cluster === undefined || saysNothing(cluster)) {
    await options.checkAddresses?.();
    return { store: await open(), partitionCount, founders: undefined, cluster: undefined };
  }
  checkFirstStart(cluster);
  return await enter(options, open, cluster, {
    nodeId: cluster.nodeId,
    clusterId: cluster.join ? '' : clusterIdOf(cluster, partitionCount),
    incarnation: firstIncarnation,
    partitionCount,
    peers: cluster.peers,
    listen: listenAddress(cluster, cluster.peers),
    waitMs: cluster.join ? limits.joinMs : limits.introductionMs,
  });
}

/** The folder is damaged: what is left of it is put aside, and the node begins anew. */
async function rejoin(options: NodeOptions, open: Open, damage: FencepostError): Promise<OpenData> {
  const known = findIdentity(options.dataFolder);
  const peers = known?.peers ?? options.cluster?.peers ?? new Map<number, string>();
  // A node alone has nobody to get its data from: repairing it is for an operator to decide.
  if (peers.size < 2) throw damage;
  const { identity, folder } = Store.setAside(options.dataFolder);
  if (identity === undefined) throw damage;
  options.log(damage.message, { aside: folder }, 'warn');
  const { nodeId, clusterId, incarnation } = identity;
  options.log('the node begins anew and gets its data from its peers', { nodeId }, 'warn');
  const cluster = withPeers(options.cluster, nodeId, peers);
  const address = known?.peerAddress ?? '';
  return await enter(options, open, cluster, {
    nodeId,
    clusterId,
    incarnation: incarnation + 1,
    partitionCount: options.partitionCount,
    peers,
    listen: laterListenAddress(cluster, peers, address),
    waitMs: limits.joinMs,
  });
}

/** What the identity file says, if it can be read. */
function findIdentity(folder: string): Identity | undefined {
  try {
    return Store.findIdentity(folder);
  } catch (failure) {
    if (failure instanceof FencepostError && failure.code === 'DATA_DAMAGED') return undefined;
    throw failure;
  }
}

interface Entrance {
  readonly nodeId: number;
  /** '' if the peers are to tell it. */
  readonly clusterId: string;
  readonly incarnation: number;
  /** 0 if the peers are to tell it. */
  readonly partitionCount: number;
  readonly peers: ReadonlyMap<number, string>;
  readonly listen: Endpoint;
  readonly waitMs: number;
}

/** Enters a cluster with an empty folder, once its peers have been heard on that. */
async function enter(
  options: NodeOptions,
  open: Open,
  cluster: ClusterOptions,
  entrance: Entrance,
): Promise<OpenData> {
  const { nodeId, peers, listen, waitMs } = entrance;
  const { clientAddress } = cluster;
  const secret = cluster.secret ?? (await keptSecret(options.dataFolder));
  const log = logOf(options);
  const { checkAddresses } = options;
  const foundingId = keptFounding(options.dataFolder);
  const introduction = {
    ...{ ...entrance, foundingId, secret, log },
    ...(checkAddresses && { checkAddresses }),
  };
  const { incarnation, welcome } = await introduce(introduction, waitMs);
  const founds = !cluster.join && incarnation === firstIncarnation;
  if (welcome === undefined && !founds) {
    const text = `none of the peers ${[...peers.values()].join(', ')} let this node in`;
    throw new FencepostError('PEER_REFUSED', `${text} within ${waitMs / 1000} s`);
  }
  const clusterId = founds ? entrance.clusterId : (welcome?.clusterId ?? '');
  const partitionCount = founds ? entrance.partitionCount : (welcome?.partitionCount ?? 1);
  const known = new Map(peers);
  for (const peer of welcome?.peers ?? []) known.set(peer.nodeId, peer.address);
  // A node that is yet to be added is no founder, whatever becomes of this start.
  if (!founds && incarnation === firstIncarnation) known.delete(nodeId);
  if (!founds && !cluster.join) {
    const what = 'the cluster has begun already: the node comes in under a new incarnation';
    options.log(what, { nodeId, incarnation });
  }
  const store = await open({
    clusterId,
    nodeId,
    incarnation,
    peers: known,
    peerAddress: textOf(listen),
  });
  await keepSecret(options.dataFolder, secret);
  // The cluster granted the name that this node has; fellow founders cannot know who had it.
  const vouchedFor = !founds;
  if (vouchedFor) unmarkFounding(options.dataFolder);
  else markFounding(options.dataFolder);
  const founders = founds ? [...peers.keys()] : [];
  await foundGroups(store, partitionCount, founders);
  const who = { clusterId, nodeId, incarnation, peers: known, foundingId };
  const where = { listen, secret, clientAddress };
  const start = { ...who, ...where, joining: !vouchedFor, ...keptWords(options) };
  return { store, partitionCount, founders, cluster: start };
}

/** What the folder keeps of the cluster's record: its name, and that it names the node. */
function keptWords({
  dataFolder,
}: NodeOptions): Required<Pick<ClusterStart, 'onFounding' | 'onRecord'>> {
  const trying = (act: () => void) => {
    try {
      act();
    } catch {
      // The next start asks, or is told, as this one was; the disk tells its failures itself.
    }
  };
  return {
    onFounding: (foundingId) => trying(() => keepFounding(dataFolder, foundingId)),
    onRecord: () => trying(() => unmarkFounding(dataFolder)),
  };
}

/** A later start: the folder says what the cluster is, flags only where to listen. */
async function openKnown(options: NodeOptions, store: Store): Promise<OpenData> {
  const { nodeId, clusterId, incarnation, peers, peerAddress } = store.identity;
  const found = Math.max(0, ...store.recovered.keys());
  const asked = options.partitionCount;
  if (found > 0 && asked !== 0 && asked !== found) {
    const what = `the data folder has ${found} partition(s), but ${asked} were asked for`;
    throw new FencepostError('BAD_OPTION', what);
  }
  const partitionCount = found > 0 ? found : Math.max(1, asked);
  if (peers.size === 0) {
    if (options.cluster === undefined || saysNothing(options.cluster)) {
      return { store, partitionCount, founders: undefined, cluster: undefined };
    }
    const what = 'the data folder is that of a node alone; a node of a cluster needs a new one';
    throw new FencepostError('BAD_OPTION', what);
  }
  const flags = options.cluster;
  if (flags !== undefined && flags.nodeId !== 0 && flags.nodeId !== nodeId) {
    const what = `the data folder is that of node ${nodeId}, but --node-id is ${flags.nodeId}`;
    throw new FencepostError('BAD_OPTION', what);
  }
  if (flags !== undefined) checkPeers(flags.peers, peers, options.log);
  const isFounder = incarnation === firstIncarnation && peers.has(nodeId);
  const founders = isFounder ? [...peers.keys()] : [];
  if (found === 0) {
    const what = 'the first start of this node ended before it was complete';
    const advice = `remove ${options.dataFolder} and start it again`;
    throw new FencepostError('DATA_FOLDER_UNUSABLE', `${what}: ${advice}`);
  }
  await foundGroups(store, partitionCount, founders);
  const cluster = withPeers(flags, nodeId, peers);
  const listen = laterListenAddress(cluster, peers, peerAddress);
  const secret = flags?.secret ?? (await keptSecret(options.dataFolder));
  const { clientAddress } = cluster;
  const founding = isFounding(options.dataFolder);
  const foundingId = keptFounding(options.dataFolder);
  const who = { clusterId, nodeId, incarnation, peers, foundingId };
  const where = { listen, secret, clientAddress };
  const standing = { joining: founding, established: !founding };
  const start = { ...who, ...where, ...standing, ...keptWords(options) };
  return { store, partitionCount, founders, cluster: start };
}

/**
 * The members of a cluster change, so that flags which once were right may name others than the
 * folder does. If they have none in common, this is the folder of another cluster.
 */
function checkPeers(
  asked: ReadonlyMap<number, string>,
  known: ReadonlyMap<number, string>,
  log: NodeOptions['log'],
): void {
  if (asked.size === 0) return;
  const others = [...asked].filter(([nodeId, address]) => known.get(nodeId) !== address);
  if (others.length < asked.size) {
    const peers = others.map(([nodeId, address]) => `${nodeId}=${address}`).join();
    if (others.length > 0) log('the data folder knows better than --peers', { not: peers });
    return;
  }
  const [there, here] = [known, asked].map((peers) =>
    sortedPeers(peers).map(({ nodeId, address }) => `${nodeId}=${address}`),
  );
  const what = `the data folder is of the cluster ${there?.join(',')}, but --peers is ${here}`;
  throw new FencepostError('BAD_OPTION', what);
}

/** What the flags say, with what the folder knows better. */
function withPeers(
  flags: ClusterOptions | undefined,
  nodeId: number,
  peers: ReadonlyMap<number, string>,
): ClusterOptions {
  const defaults = { peerPort: 0, peerHost: '', secret: undefined, clientAddress: () => '' };
  return { ...defaults, ...flags, nodeId, peers, join: false };
}
