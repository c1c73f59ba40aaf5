import { createHash } from 'node:crypto';
import { createCommandTable } from '../src/commands/command-table.ts';
import type { ServerPort } from '../src/commands/server-port.ts';
import { allCommands } from '../src/commands/table.ts';

export const commands = createCommandTable(allCommands);

export function sha1Hex(text: string): string {
  return createHash('sha1').update(Buffer.from(text, 'latin1')).digest('hex');
}

/** `as`: what the commands of simulated clients ask a server for, and no more. */
export const server = {
  redisVersion: '8.4.0',
  sha1Hex,
  log: () => undefined,
  subscriptions: { receiverCount: () => 0 },
} as unknown as ServerPort;
