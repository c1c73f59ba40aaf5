import { expect, test } from 'vitest';
import { createLogger } from '../../src/server/logging.ts';

function lines(format: string, level = 'info') {
  const written: string[] = [];
  return { written, log: createLogger({ level, format, write: (line) => written.push(line) }) };
}

test('a line of text holds the time, the level, the message and what came with it', () => {
  const { written, log } = lines('text');
  log.info({ port: 7379, where: 'a b' }, 'ready');
  const time = '[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z';
  expect(written).toHaveLength(1);
  expect(written[0]).toMatch(new RegExp(`^${time} info {2}ready port=7379 where="a b"\\n$`));
});

test('an error stands with its stack below the line', () => {
  const { written, log } = lines('text');
  log.error(new Error('broken'), 'it failed');
  const [first, second] = written[0]?.split('\n') ?? [];
  expect(first).toMatch(/ error it failed$/);
  expect(second).toBe('Error: broken');
});

test('the JSON format is one object a line', () => {
  const { written, log } = lines('json');
  log.warn({ port: 1 }, 'careful');
  expect(JSON.parse(written[0] ?? '')).toMatchObject({ level: 40, msg: 'careful', port: 1 });
});

test('lines below the level are not written, and the level can be changed', () => {
  const { written, log } = lines('text', 'warn');
  log.info('quiet');
  log.level = 'debug';
  log.debug('loud');
  expect(written.map((line) => line.split(' ').at(-1))).toEqual(['loud\n']);
});
