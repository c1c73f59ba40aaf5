import { performance } from 'node:perf_hooks';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchesGlob } from '../../src/base/glob.ts';

test.each([
  ['*', '', true],
  ['', '', true],
  ['', 'a', false],
  ['h?llo', 'hello', true],
  ['h?llo', 'hllo', false],
  ['h*llo', 'hllo', true],
  ['h*llo', 'heeeello', true],
  ['h[ae]llo', 'hallo', true],
  ['h[ae]llo', 'hillo', false],
  ['h[^e]llo', 'hallo', true],
  ['h[^e]llo', 'hello', false],
  ['h[a-b]llo', 'hbllo', true],
  ['h[b-a]llo', 'hallo', true],
  ['h\\*llo', 'h*llo', true],
  ['h\\*llo', 'hello', false],
  ['[\\]]', ']', true],
  ['[a', 'a', true],
  ['[^]', 'x', true],
  ['a\\', 'a\\', true],
  ['*a*b*', 'xxaxxbxx', true],
  ['*a*b', 'xxaxxbxx', false],
  ['a**b', 'ab', true],
  ['lock:[0-9]*', 'lock:42', true],
  ['?', '\xff', true],
  ['a?', 'a', false],
])('the pattern %j on %j gives %j, as in Redis (KEYS)', (pattern, text, expected) => {
  expect(matchesGlob(pattern, text)).toBe(expected);
});

test('letters of another case match only when the case is to be ignored', () => {
  expect(matchesGlob('MaX*', 'maxCLIENTS')).toBe(false);
  expect(matchesGlob('MaX*', 'maxCLIENTS', { ignoreCase: true })).toBe(true);
});

test('a pattern of many stars is answered in time that the lengths bound', () => {
  const startMs = performance.now();
  expect(matchesGlob(`${'*a'.repeat(2_000)}b`, 'a'.repeat(20_000))).toBe(false);
  expect(performance.now() - startMs).toBeLessThan(2_000);
});

test('stars, question marks and letters mean what they mean in a regular expression', () => {
  const letters = fc.array(fc.constantFrom('a', 'b', '*', '?'), { maxLength: 12 });
  const text = fc.array(fc.constantFrom('a', 'b'), { maxLength: 12 });
  fc.assert(
    fc.property(letters, text, (pattern, bytes) => {
      const source = pattern.map((one) => (one === '*' ? '.*' : one === '?' ? '.' : one)).join('');
      const expected = new RegExp(`^${source}$`).test(bytes.join(''));
      expect(matchesGlob(pattern.join(''), bytes.join(''))).toBe(expected);
    }),
    { numRuns: 2_000 },
  );
});
