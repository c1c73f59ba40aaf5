import { expect, test } from 'vitest';
import { Contacts } from '../../src/node/contacts.ts';
import { timing } from '../../src/node/timing.ts';
import { type PeerHello, protocolVersion } from '../../src/transport/peer-hello.ts';

const clusterId = 'c0'.repeat(16);
const who = {
  clusterId,
  foundingId: '',
  nodeId: 2,
  incarnation: 1,
  protocolVersion,
  partitionCount: 1,
};
const peer: PeerHello = { ...who, peers: [], clientAddress: '', joining: false };

function contactsAt(clock: { nowMs: number; heardMs?: number }): Contacts {
  return new Contacts({ monotonicMs: () => clock.nowMs, lastHeardMs: () => clock.heardMs });
}

test('a peer is steady once it was reached for long, and again after its own link broke', () => {
  const clock = { nowMs: 0, heardMs: 0 };
  const contacts = contactsAt(clock);
  const pass = (ms: number): boolean => {
    clock.nowMs += ms;
    clock.heardMs = clock.nowMs;
    return contacts.isSteady(2);
  };
  contacts.linkUp(peer);
  expect([pass(timing.steadyMs - 1), pass(1)]).toEqual([false, true]);
  contacts.linkDown(2, 'incoming');
  expect(contacts.isLinked(2)).toBe(true);
  expect([pass(timing.steadyMs - 1), pass(1)]).toEqual([false, true]);
  contacts.linkDown(2, 'dialled');
  expect([contacts.isLinked(2), pass(timing.steadyMs)]).toEqual([false, false]);
});

test('a peer that was never heard, or not for long, is silent, which is told once', () => {
  const clock: { nowMs: number; heardMs?: number } = { nowMs: 5 };
  const contacts = contactsAt(clock);
  expect(contacts.isSilent(2)).toBe(true);
  contacts.linkUp(peer);
  clock.heardMs = 5;
  clock.nowMs += timing.silentMs;
  expect([contacts.isSilent(2), contacts.takeSilent()]).toEqual([false, []]);
  clock.nowMs += 1;
  expect([contacts.takeSilent(), contacts.takeSilent()]).toEqual([[2], []]);
  clock.heardMs = clock.nowMs;
  expect(contacts.takeSilent()).toEqual([]);
  expect(contacts.silentTicks(2)).toBe(0);
});
