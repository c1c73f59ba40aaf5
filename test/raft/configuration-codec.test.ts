import { expect, test } from 'vitest';
import { decodeConfiguration, encodeConfiguration } from '../../src/raft/configuration-codec.ts';
import { nodeOf, replicaIdOf, replicaOf } from '../../src/raft/types.ts';

const configuration = {
  voters: [replicaOf(1, 1), replicaOf(2, 3), replicaOf(255, 2)],
  outgoing: [replicaIdOf(1)],
  learners: [],
};

test('a configuration comes back from its bytes', () => {
  expect(decodeConfiguration(encodeConfiguration(configuration))).toEqual(configuration);
});

test('bytes that are cut, continued, or of another version are refused', () => {
  const bytes = encodeConfiguration(configuration);
  for (let length = 0; length < bytes.length; length += 1) {
    expect(() => decodeConfiguration(bytes.subarray(0, length))).toThrow(/encoded/);
  }
  expect(() => decodeConfiguration(Buffer.concat([bytes, Buffer.alloc(1)]))).toThrow(/followed/);
  expect(() => decodeConfiguration(Buffer.from([9, 0, 0, 0]))).toThrow(/version/);
  expect(() => decodeConfiguration(Buffer.from([1, 0xff, 0x7f, 0, 0]))).toThrow(/members/);
});

test('a replica is a node and its incarnation', () => {
  expect(replicaOf(7, 5)).toBe(7 * 2 ** 20 + 5);
  expect(nodeOf(replicaOf(7, 5))).toBe(7);
});
