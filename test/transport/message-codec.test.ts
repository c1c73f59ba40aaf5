import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteWriter } from '../../src/base/byte-writer.ts';
import { FencepostError } from '../../src/base/errors.ts';
import { decodeMessage, encodeMessage } from '../../src/transport/message-codec.ts';
import { decodeItems, writePacket } from '../../src/transport/packet-codec.ts';
import { anyMessage, anyPacket, runs } from './message-arbitrary.ts';

test('a message comes back as it was', () => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      expect(decodeMessage(encodeMessage(message))).toEqual(message);
    }),
    runs,
  );
});

test('a message that ends early, or has a byte too many, is none', () => {
  fc.assert(
    fc.property(anyMessage, fc.nat(), (message, at) => {
      const bytes = encodeMessage(message);
      expect(() => decodeMessage(bytes.subarray(0, at % bytes.length))).toThrow(FencepostError);
      expect(() => decodeMessage(Buffer.concat([bytes, Buffer.of(0)]))).toThrow(FencepostError);
    }),
    runs,
  );
});

test('a message with changed bytes is another one or none, and nothing worse', () => {
  fc.assert(
    fc.property(anyMessage, fc.nat(), fc.nat({ max: 255 }), (message, at, byte) => {
      const bytes = encodeMessage(message);
      bytes[at % bytes.length] = byte;
      const decoded = decodedOrNone(() => decodeMessage(bytes));
      if (decoded !== undefined) expect(decodeMessage(encodeMessage(decoded))).toEqual(decoded);
    }),
    runs,
  );
});

test('a message does not change with the bytes that it was read from', () => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      const bytes = encodeMessage(message);
      const decoded = decodeMessage(bytes);
      bytes.fill(0xff);
      expect(decoded).toEqual(message);
    }),
    runs,
  );
});

test('packets of one frame come back as they were, in their order', () => {
  fc.assert(
    fc.property(fc.array(anyPacket, { maxLength: 10 }), (packets) => {
      const writer = new ByteWriter(64);
      for (const packet of packets) writePacket(writer, packet);
      const items = decodeItems(writer.take());
      expect(items).toEqual(packets.map((packet) => ({ kind: 'packet', packet })));
    }),
    runs,
  );
});

test('any bytes are packets or not, and nothing worse', () => {
  const body = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes));
  const likely = body.map((bytes) => {
    // Most first bytes would name no item; these always do.
    if (bytes.length > 0) bytes[0] = 1 + ((bytes[0] ?? 0) % 7);
    return bytes;
  });
  fc.assert(
    fc.property(fc.oneof(body, likely), (bytes) => {
      decodedOrNone(() => decodeItems(bytes));
    }),
    runs,
  );
});

/** Whatever else is thrown fails the test. */
function decodedOrNone<Value>(decode: () => Value): Value | undefined {
  try {
    return decode();
  } catch (failure) {
    if (failure instanceof FencepostError) return undefined;
    throw failure;
  }
}
