import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { allCommands } from '../../src/commands/table.ts';
import { chosenSettings } from '../../src/server/config-table.ts';
import { commandTables, settingsTable } from './readme-tables.ts';

const readme = new URL('../../README.md', import.meta.url);
const byName = allCommands.toSorted((first, second) => (first.name < second.name ? -1 : 1));

/** `README_WRITE=1 npx vitest run test/server/readme.test.ts` writes the tables anew. */
test.for([
  ['settings', settingsTable(chosenSettings)],
  ['commands', commandTables(byName)],
])("the README's %s are those of the tables in the source", ([name = '', wanted = '']) => {
  const text = readFileSync(readme, 'utf8');
  const [begin = '', end = ''] = [`<!-- ${name}: made from `, `<!-- end of ${name} -->`];
  const from = text.indexOf('\n', text.indexOf(begin)) + 1;
  const to = text.indexOf(end);
  expect(text).toContain(begin);
  expect(to).toBeGreaterThan(from - 1);
  const written = `\n${wanted}\n`;
  if (process.env.README_WRITE === '1') {
    writeFileSync(readme, `${text.slice(0, from)}${written}${text.slice(to)}`);
  } else {
    expect(text.slice(from, to)).toBe(written);
  }
});
