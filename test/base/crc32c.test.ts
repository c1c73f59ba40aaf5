import { expect, test } from 'vitest';
import { crc32c } from '../../src/base/crc32c.ts';

test('the check value of CRC-32C is that of RFC 3720 appendix B.4', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
  expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43);
});

test('a CRC goes on from the CRC of the bytes before', () => {
  const bytes = Buffer.from(Array.from({ length: 1000 }, (_, at) => (at * 31) & 0xff));
  for (const cut of [0, 1, 7, 8, 9, 500, 999, 1000]) {
    const first = crc32c(bytes, 0, cut);
    expect(crc32c(bytes, cut, bytes.length, first)).toBe(crc32c(bytes));
  }
});

test('every flipped bit of a short record changes its CRC', () => {
  const bytes = Buffer.from('one record of the log');
  const whole = crc32c(bytes);
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(crc32c(flipped)).not.toBe(whole);
  }
});
