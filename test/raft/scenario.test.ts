import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { replayScenario } from './scenario.ts';

/** With FENCEPOST_REWRITE_SCENARIOS=1 the files are written anew: read the difference. */
const isRewriting = process.env.FENCEPOST_REWRITE_SCENARIOS === '1';
const folder = new URL('./scenarios/', import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith('.txt'));

test.each(names)('the core does what %s says', (name) => {
  const file = new URL(name, folder);
  const text = readFileSync(file, 'utf8');
  const replayed = replayScenario(text);
  if (isRewriting) writeFileSync(file, replayed);
  expect(replayed).toBe(isRewriting ? replayed : text);
});

test('a scenario whose text differs from what happens fails', () => {
  expect(replayScenario('nodes 1\ncampaign 1\n  1 is leader\n')).not.toContain('1 is leader\n');
});
