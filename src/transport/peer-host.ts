import { lookup } from 'node:dns/promises';
import { FencepostError } from '../base/errors.ts';

export interface PeerHost {
  readonly host: string;
  readonly port: number;
}

/**
 * The parts of `host:port`, or of `[host]:port` with an IPv6 address.
 *
 * @throws FencepostError `BAD_OPTION`
 */
export function parsePeerAddress(address: string): PeerHost {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(address);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new FencepostError('BAD_OPTION', `"${address}" is not the address of a peer: host:port`);
  }
  return { host, port };
}

export function peerAddressText({ host, port }: PeerHost): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether an IP address is of this machine's loopback interface (RFC 1122, RFC 4291). */
export function isLoopbackAddress(address: string): boolean {
  const ip4 = address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
  return /^127\.\d+\.\d+\.\d+$/.test(ip4) || address === '::1';
}

/**
 * The address that a host to listen on stands for.
 *
 * @param hasSecret without one, only an address of the loopback interface will do
 * @throws FencepostError `ADDRESS_UNAVAILABLE` or `PEER_SECRET_MISSING`
 */
export async function listenAddressOf(host: string, hasSecret: boolean): Promise<string> {
  const address = await addressOf(host);
  if (hasSecret || isLoopbackAddress(address)) return address;
  throw new FencepostError(
    'PEER_SECRET_MISSING',
    `peers would be able to reach ${host}, which is not the loopback interface: ` +
      'that needs a cluster secret',
  );
}

async function addressOf(host: string): Promise<string> {
  try {
    return (await lookup(host)).address;
  } catch (failure) {
    throw new FencepostError('ADDRESS_UNAVAILABLE', `no address is known for ${host}`, failure);
  }
}
