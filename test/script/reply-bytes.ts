import type { Reply } from '../../src/resp/reply.ts';
import { formatGeneral } from '../../src/script/number-format.ts';

/** A reply as a server writes it, for comparison with bytes of a real one. */
export function replyBytes(reply: Reply, protocol: 2 | 3): string {
  const write = (part: Reply): string => replyBytes(part, protocol);
  const list = (mark: string, items: readonly Reply[]): string =>
    `${mark}${items.length}\r\n${items.map(write).join('')}`;
  switch (reply.kind) {
    case 'simple':
      return `+${reply.text}\r\n`;
    case 'error':
      return `-${reply.text}\r\n`;
    case 'integer':
      return `:${reply.value}\r\n`;
    case 'bulk':
      return bulkBytes(reply.value);
    case 'several':
      return reply.items.map(write).join('');
    case 'null':
      return protocol === 3 ? '_\r\n' : '$-1\r\n';
    case 'null-array':
      return protocol === 3 ? '_\r\n' : '*-1\r\n';
    case 'array':
      return list('*', reply.items);
    case 'push':
      return list(protocol === 3 ? '>' : '*', reply.items);
    case 'set':
      return list(protocol === 3 ? '~' : '*', reply.items);
    case 'map':
      if (protocol === 2) return list('*', reply.entries.flat());
      return `%${reply.entries.length}\r\n${reply.entries.flat().map(write).join('')}`;
    case 'boolean':
      return protocol === 3 ? `#${reply.value ? 't' : 'f'}\r\n` : `:${reply.value ? 1 : 0}\r\n`;
    case 'double':
      return protocol === 3
        ? `,${doubleText(reply.value)}\r\n`
        : bulkBytes(doubleText(reply.value));
    case 'big-number':
      return protocol === 3 ? `(${reply.digits}\r\n` : bulkBytes(reply.digits);
    case 'verbatim': {
      if (protocol === 2) return bulkBytes(reply.value);
      const text = `${reply.format}:${reply.value}`;
      return `=${text.length}\r\n${text}\r\n`;
    }
    case 'none':
      return '';
  }
}

function bulkBytes(value: string): string {
  return `$${value.length}\r\n${value}\r\n`;
}

/** Redis 7.0 writes a double with 17 digits (networking.c, addReplyDouble). */
function doubleText(value: number): string {
  return formatGeneral(value, 17, false);
}
