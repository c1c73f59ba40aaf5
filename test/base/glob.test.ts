import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Glob } from '../../src/base/glob.ts';

const matches = (pattern: string, text: string): boolean => new Glob(pattern).matches(text);

test.each([
  ['*', '', false],
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
  ['[\\\\-a]', '-', true],
  ['[a', 'a', true],
  ['[a-', '-', true],
  ['[a-]', 'a', true],
  ['[', 'a', false],
  ['[]', 'a', false],
  ['[^]', 'x', true],
  ['[^', 'x', true],
  ['[\\', '\\', true],
  ['a\\', 'a\\', true],
  ['*a*b*', 'xxaxxbxx', true],
  ['*a*b', 'xxaxxbxx', false],
  ['a**b', 'ab', true],
  ['lock:[0-9]*', 'lock:42', true],
  ['?', '\xff', true],
  ['a?', 'a', false],
  ['[^b]', '\xff', true],
  ['[b-\xff]', 'a', true],
  ['[b-\xff]', 'c', false],
])('the pattern %j on %j gives %j, as in Redis (KEYS)', (pattern, text, expected) => {
  expect(matches(pattern, text)).toBe(expected);
  expect(reference(pattern, text)).toBe(expected);
});

test.each([
  ['MaX*', 'maxclients', true],
  ['[A-M]ax', 'max', true],
  ['[MN]ax', 'max', true],
  ['[\\M]ax', 'max', false],
  ['[Z-a]ax', 'max', false],
])('letters of another case are the same only when that is asked for: %j', (pattern, text, is) => {
  expect(new Glob(pattern, { ignoreCase: true }).matches(text)).toBe(is);
  expect(matches(pattern, text)).toBe(false);
});

describe('the time of a match', () => {
  const long = 'a'.repeat(65_536);

  test.each([
    ['many stars', '*a'.repeat(30_000), false],
    ['a long part behind a star', `*${'a'.repeat(32_768)}`, true],
    ['a long class', `*[${'c'.repeat(500_000)}]`, false],
    ['many ranges', '[b-\x00]'.repeat(20_000), false],
  ])('is a few looks at each byte of the text, for %s', (_, pattern, gaveUp) => {
    let steps = 0;
    const meter = {
      step(count: number) {
        steps += count;
      },
    };
    const glob = new Glob(`${pattern}b`);
    expect(glob.matches(long, meter)).toBe(false);
    expect(glob.gaveUp).toBe(gaveUp);
    // A step stands for 8 looks.
    expect(steps * 8).toBeLessThan(40 * long.length);
  });

  test('is not cut short on a text of 128 bytes', () => {
    const glob = new Glob(`*${'a'.repeat(64)}b*`);
    expect(glob.matches('a'.repeat(128))).toBe(false);
    expect(glob.matches(`${'a'.repeat(127)}b`)).toBe(true);
    expect(glob.gaveUp).toBe(false);
  });
});

test('any pattern matches what it matches in Redis', () => {
  const symbols = ['a', 'b', 'c', '*', '*', '?', '[', ']', '^', '-', '\\', '\xe4'];
  const pattern = fc.string({ unit: fc.constantFrom(...symbols), maxLength: 12 });
  const text = fc.string({ unit: fc.constantFrom(...symbols), maxLength: 10 });
  fc.assert(
    fc.property(pattern, text, (one, other) => {
      expect(matches(one, other)).toBe(reference(one, other));
    }),
    { numRuns: 20_000 },
  );
});

/** Redis 7.0's `stringmatchlen`, one clause after the other, which tries every star again. */
function reference(pattern: string, text: string): boolean {
  if (pattern === '' || text === '') return pattern === text;
  const rest = pattern.slice(1);
  if (pattern[0] === '*') {
    if (/^\**$/.test(rest)) return true;
    return Array.from(text).some((_, at) => reference(rest, text.slice(at)));
  }
  const end = pattern[0] === '[' ? classEnd(pattern) : pattern[0] === '\\' && rest !== '' ? 2 : 1;
  const item = pattern.slice(0, end);
  const fits =
    item[0] === '[' ? inClass(item, text[0] ?? '') : item === '?' || item.at(-1) === text[0];
  if (!fits) return false;
  const behind = pattern.slice(end);
  return text.length === 1 ? /^\**$/.test(behind) : reference(behind, text.slice(1));
}

function classEnd(pattern: string): number {
  return /^\[\^?(?:\\.|[^\]\\]-.|\\$|[^\]\\])*\]?/s.exec(pattern)?.[0].length ?? 1;
}

function inClass(item: string, byte: string): boolean {
  const negated = item[1] === '^';
  const members = item.slice(negated ? 2 : 1).match(/\\.|[^\]\\]-.|[^\]]/gs) ?? [];
  const found = members.some((member) => {
    if (member.length < 3) return member.at(-1) === byte;
    const [from = 0, to = 0, code = 0] = [member, member.slice(2), byte].map(
      (one) => (one.charCodeAt(0) << 24) >> 24,
    );
    return Math.min(from, to) <= code && code <= Math.max(from, to);
  });
  return found !== negated;
}
