import { FencepostError } from '../base/errors.ts';
import type { ClusterOptions } from '../node/cluster-options.ts';
import type { Config } from './config.ts';

/** Bytes of a secret: shorter ones could be guessed. */
const secretBytesMin = 16;

/**
 * What the settings say of a cluster: on a later start that may be nothing, since the data folder
 * knows it.
 *
 * @throws FencepostError `BAD_OPTION`
 */
export function clusterSettings(
  config: Config,
  readFile: (path: string) => string,
): ClusterOptions {
  const peers = peersOf(config.text('peers'));
  const nodeId = config.number('node-id');
  return {
    nodeId,
    peers,
    join: config.yes('join'),
    peerPort: config.number('peer-port'),
    peerHost: config.text('peer-bind'),
    secret: secretOf(config.text('cluster-secret-file'), readFile),
    clientAddress: () => announcedAddress(config, peers.get(nodeId)),
  };
}

/**
 * What the other nodes tell clients: what was set, else where this node listens. If it listens
 * on every address, the host is the one by which its peers know it.
 */
function announcedAddress(config: Config, peerAddress: string | undefined): string {
  const announced = config.text('announce');
  if (announced !== '') return announced;
  const [bound = ''] = config.text('bind').split(/[\s,]+/);
  const everywhere = bound === '*' || bound === '0.0.0.0' || bound === '::';
  const host = everywhere ? (peerAddress?.replace(/:[0-9]+$/, '') ?? '127.0.0.1') : bound;
  const bracketed = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return `${bracketed}:${config.number('port')}`;
}

function peersOf(list: string): ReadonlyMap<number, string> {
  const peers = new Map<number, string>();
  for (const item of list.split(',').filter((part) => part !== '')) {
    const [id = '', address = ''] = item.split('=');
    const nodeId = Number(id);
    if (peers.has(nodeId)) {
      throw new FencepostError('BAD_OPTION', `--peers names node ${nodeId} twice`);
    }
    for (const [other, known] of peers) {
      if (known !== address) continue;
      throw new FencepostError('BAD_OPTION', `--peers gives ${address} to ${other} and ${nodeId}`);
    }
    peers.set(nodeId, address);
  }
  return peers;
}

function secretOf(file: string, readFile: (path: string) => string): Buffer | undefined {
  if (file === '') return undefined;
  let secret: string;
  try {
    secret = readFile(file).trim();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FencepostError('BAD_OPTION', `--cluster-secret-file: ${reason}`, cause);
  }
  if (Buffer.byteLength(secret) >= secretBytesMin) return Buffer.from(secret);
  const what = `--cluster-secret-file: ${file} holds fewer than ${secretBytesMin} characters`;
  throw new FencepostError('BAD_OPTION', `${what}; 'openssl rand -hex 32' makes a good one`);
}
