import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader } from '../../src/base/byte-reader.ts';
import { asciiLower, asciiUpper } from '../../src/base/byte-string.ts';
import { ByteWriter } from '../../src/base/byte-writer.ts';

const byteString = fc
  .uint8Array({ maxLength: 300 })
  .map((bytes) => Buffer.from(bytes).toString('latin1'));

test('what a writer wrote a reader reads back, whatever the bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.maxSafeNat(), byteString)), (values) => {
      const writer = new ByteWriter(1);
      for (const value of values) {
        if (typeof value === 'number') writer.varint(value);
        else writer.string(value);
      }
      const reader = new ByteReader(writer.take());
      for (const value of values) {
        expect(typeof value === 'number' ? reader.varint() : reader.string()).toBe(value);
      }
      expect(reader.done).toBe(true);
      expect(writer.length).toBe(0);
    }),
  );
});

test('a reader refuses every cut of what was written', () => {
  const writer = new ByteWriter();
  writer.u32(7);
  writer.varint(2 ** 40);
  writer.string('fence');
  const whole = writer.take();
  for (let length = 0; length < whole.length; length += 1) {
    const reader = new ByteReader(whole.subarray(0, length));
    expect(() => {
      reader.u32();
      reader.varint();
      reader.string();
    }).toThrow(expect.objectContaining({ code: 'DATA_DAMAGED' }));
  }
});

test('a varint of more than 53 bits is refused', () => {
  const bytes = Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);
  expect(() => new ByteReader(bytes).varint()).toThrow();
});

test('upper and lower case change ASCII letters only', () => {
  const all = Buffer.from(Array.from({ length: 256 }, (_, at) => at)).toString('latin1');
  const upper = asciiUpper(all);
  const lower = asciiLower(all);
  for (let code = 0; code < 256; code += 1) {
    const character = String.fromCharCode(code);
    const letter = /[a-zA-Z]/.test(character);
    expect(upper[code]).toBe(letter ? character.toUpperCase() : character);
    expect(lower[code]).toBe(letter ? character.toLowerCase() : character);
  }
});
