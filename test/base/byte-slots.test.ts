import { expect, test } from 'vitest';
import { ByteSlots, offsetOf } from '../../src/base/byte-slots.ts';
import { Prng } from '../../src/base/prng.ts';
import { seedOf } from '../seed.ts';

interface Slot {
  readonly address: number;
  readonly length: number;
  readonly fill: number;
}

/** Most are short; some need a buffer of their own, some are empty. */
function lengthFrom(prng: Prng): number {
  const kind = prng.below(20);
  if (kind === 0) return prng.below(5_000);
  return prng.below(kind < 4 ? 1_200 : 80);
}

test('slots do not overlap, whatever is allocated and freed', () => {
  const seed = seedOf(20_250_701);
  const prng = new Prng(seed);
  const slots = new ByteSlots();
  const held: Slot[] = [];
  const check = ({ address, length, fill }: Slot): void => {
    const bytes = slots.bytesAt(address).subarray(offsetOf(address), offsetOf(address) + length);
    expect(bytes.equals(Buffer.alloc(length, fill)), `seed ${seed}`).toBe(true);
  };
  for (let step = 0; step < 5_000; step += 1) {
    if (prng.below(5) < 3 || held.length === 0) {
      const length = lengthFrom(prng);
      const slot = { address: slots.allocate(length), length, fill: step % 256 };
      const start = offsetOf(slot.address);
      slots.bytesAt(slot.address).fill(slot.fill, start, start + length);
      held.push(slot);
    } else {
      const at = prng.below(held.length);
      const [slot] = held.splice(at, 1);
      if (slot === undefined) continue;
      check(slot);
      slots.free(slot.address);
    }
  }
  for (const slot of held) check(slot);
});

test('pages whose slots are all free go back, but for one of each size', () => {
  const slots = new ByteSlots();
  const addresses = Array.from({ length: 20_000 }, () => slots.allocate(40));
  const full = slots.byteCount;
  expect(full).toBeGreaterThanOrEqual(20_000 * 40);
  expect(full).toBeLessThan(20_000 * 44);
  for (const address of addresses) slots.free(address);
  expect(slots.byteCount).toBe(16 * 1024);
  const large = slots.allocate(1_000_000);
  expect(slots.byteCount).toBe(16 * 1024 + 1_000_000);
  slots.free(large);
  expect(slots.byteCount).toBe(16 * 1024);
});
