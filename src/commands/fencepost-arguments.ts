import { asciiUpper, type ByteString } from '../base/byte-string.ts';
import { type ErrorReply, error } from '../resp/reply.ts';
import { parseInteger } from './integer-argument.ts';

const NOT_A_NODE_ID = error('ERR node-id is not an integer from 1 to 4294967295');
const NOT_AN_ADDRESS = error('ERR the address is not host:port');
const NOT_A_PARTITION = error('ERR partition is neither a number nor ALL');

/** Node ids are stored in 32 bits. */
const nodeIdMax = 2 ** 32 - 1;
/** Of a host name (RFC 1035, 2.3.4). */
const hostBytesMax = 255;
const portMax = 65_535;

export function readNodeId(text: ByteString): number | ErrorReply {
  const id = parseInteger(text);
  return typeof id === 'number' && id >= 1 && id <= nodeIdMax ? id : NOT_A_NODE_ID;
}

/** `host:port`; an IPv6 address stands in brackets. */
export function readAddress(text: ByteString): { readonly address: string } | ErrorReply {
  const [, host = '', port = ''] =
    /^(\[[0-9A-Za-z:.%_-]+\]|[0-9A-Za-z._-]+):([0-9]{1,5})$/.exec(text) ?? [];
  const fits = host !== '' && host.length <= hostBytesMax;
  if (!fits || Number(port) < 1 || Number(port) > portMax) return NOT_AN_ADDRESS;
  return { address: text };
}

/** The number of a partition, or `all`. */
export function readPartition(text: ByteString): number | 'all' | ErrorReply {
  if (asciiUpper(text) === 'ALL') return 'all';
  const number = parseInteger(text);
  return typeof number === 'number' && number >= 0 ? number : NOT_A_PARTITION;
}
