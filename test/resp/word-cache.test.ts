import { assert, constantFrom, integer, nat, property, string, uint8Array } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WordCache } from '../../src/resp/word-cache.ts';
import { seedOf } from '../seed.ts';

const seed = seedOf();

function decode(cache: WordCache, bytes: Uint8Array): string {
  return cache.decode(Buffer.from(bytes), 0, bytes.length);
}

describe('a cache of words', () => {
  test('decodes every byte sequence as it is, whatever it decoded before', () => {
    const cache = new WordCache();
    // Few bytes and few lengths, so that words meet at one place and differ in one byte.
    const word = uint8Array({ minLength: 0, maxLength: 5, max: 2 });
    const any = uint8Array({ maxLength: 64 });
    const check = (bytes: Uint8Array): void => {
      expect(decode(cache, bytes)).toBe(Buffer.from(bytes).toString('latin1'));
    };
    assert(property(word, check), { seed, numRuns: 2_000 });
    assert(property(any, check), { seed, numRuns: 2_000 });
  });

  test('tells words apart that differ in a byte that does not decide their place', () => {
    const cache = new WordCache();
    const lengths = constantFrom(4, 8, 12, 40);
    const check = (length: number, at: number, byte: number): void => {
      const bytes = Buffer.alloc(length, 'a');
      expect(decode(cache, bytes)).toBe('a'.repeat(length));
      bytes[at % length] = byte;
      expect(decode(cache, bytes)).toBe(bytes.toString('latin1'));
    };
    assert(property(lengths, nat(), integer({ min: 0, max: 255 }), check), { seed });
  });

  test('decodes only the bytes that it is told to', () => {
    const cache = new WordCache();
    const check = (before: string, word: string, after: string): void => {
      const bytes = Buffer.from(before + word + after, 'latin1');
      const end = before.length + word.length;
      const expected = bytes.toString('latin1', before.length, end);
      expect(cache.decode(bytes, before.length, end)).toBe(expected);
    };
    const ascii = string({ unit: 'binary-ascii', maxLength: 14 });
    assert(property(ascii, ascii, ascii, check), { seed });
  });

  test('keeps its words when the buffer changes', () => {
    const cache = new WordCache();
    const buffer = Buffer.from('EVALSHA');
    const word = cache.decode(buffer, 0, 7);
    buffer.fill('#');
    expect(word).toBe('EVALSHA');
    expect(cache.decode(buffer, 0, 7)).toBe('#######');
    expect(cache.decode(Buffer.from('EVALSHA'), 0, 7)).toBe('EVALSHA');
  });
});
