import type { Reply } from '../resp/reply.ts';

/** Steps of one value of a reply, which the command made and which becomes one of the script. */
const replyValueSteps = 8;

/** The work in a reply of a command, in steps: a command can answer with thousands of values. */
export function replySteps(reply: Reply): number {
  let steps = replyValueSteps;
  if (!isNested(reply)) return steps;
  const waiting: Reply[] = [reply];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const item of itemsOf(next)) {
      steps += replyValueSteps;
      if (isNested(item)) waiting.push(item);
    }
  }
  return steps;
}

function isNested({ kind }: Reply): boolean {
  return kind === 'array' || kind === 'set' || kind === 'push' || kind === 'map';
}

function itemsOf(reply: Reply): readonly Reply[] {
  if (reply.kind === 'map') return reply.entries.flat();
  return reply.kind === 'array' || reply.kind === 'set' || reply.kind === 'push' ? reply.items : [];
}
