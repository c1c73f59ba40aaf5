import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FencepostError } from '../../src/base/errors.ts';
import { limits } from '../../src/base/limits.ts';
import {
  AcceptorHandshake,
  type AcceptorOptions,
  DiallerHandshake,
  type HandshakeOptions,
  type HandshakeStep,
} from '../../src/transport/handshake.ts';
import {
  encodeRefusal,
  encodeRefusalFrame,
  type ProofOf,
  proofOf,
  sameProof,
} from '../../src/transport/handshake-codec.ts';
import { runs } from './message-arbitrary.ts';
import { helloOf, secret } from './transport-node.ts';

const dialler = (changes: Partial<HandshakeOptions> = {}) =>
  new DiallerHandshake({
    secret,
    hello: helloOf(1),
    instance: 'one',
    nonce: randomBytes(32),
    ...changes,
  });

const acceptor = (changes: Partial<AcceptorOptions> = {}) =>
  new AcceptorHandshake({
    secret,
    hello: helloOf(2),
    instance: 'two',
    nonce: randomBytes(32),
    judge: () => undefined,
    ...changes,
  });

/** Hands each frame to the other side until one of them has nothing to say. */
function converse(
  left: DiallerHandshake,
  right: AcceptorHandshake,
): { readonly dialled?: HandshakeStep; readonly accepted?: HandshakeStep } {
  let dialled: HandshakeStep | undefined;
  let accepted: HandshakeStep | undefined;
  let next: Buffer | undefined = left.start();
  while (next !== undefined) {
    accepted = right.receive(next);
    const answer = sentBy(accepted);
    if (answer === undefined) break;
    dialled = left.receive(answer);
    next = sentBy(dialled);
  }
  return {
    ...(dialled === undefined ? {} : { dialled }),
    ...(accepted === undefined ? {} : { accepted }),
  };
}

function sentBy(step: HandshakeStep): Buffer | undefined {
  return step.kind === 'garbage' ? undefined : step.send;
}

function mustSend(step: HandshakeStep): Buffer {
  const sent = sentBy(step);
  if (sent === undefined) throw new Error(`${step.kind} sends nothing`);
  return sent;
}

const codeOf = (step: HandshakeStep | undefined) =>
  step?.kind === 'refused' ? step.refusal.code : step?.kind;
const isProven = (step: HandshakeStep | undefined) =>
  step?.kind === 'refused' && step.refusal.proven;

describe('a handshake', () => {
  test('between nodes with one secret tells each who the other is', () => {
    const { dialled, accepted } = converse(dialler(), acceptor());
    expect(dialled).toMatchObject({ kind: 'done', peer: { hello: helloOf(2), instance: 'two' } });
    expect(accepted).toMatchObject({ kind: 'done', peer: { hello: helloOf(1), instance: 'one' } });
  });

  test('of a node that only introduces itself carries its claim', () => {
    const hello = helloOf(1, { joining: true, introduction: { claim: 'c1'.repeat(16) } });
    const { accepted } = converse(dialler({ hello }), acceptor());
    expect(accepted).toMatchObject({ kind: 'done', peer: { hello } });
  });

  test.each([
    ['a node id', { nodeId: 2 ** 32 }],
    ['an incarnation', { incarnation: limits.incarnationMax + 1 }],
  ])('with %s that no replica can have is no handshake', (_, changes) => {
    const hello = helloOf(1, changes);
    expect(() => converse(dialler({ hello }), acceptor())).toThrow(/^a hello of node /);
  });

  test('with a node that was not expected there is refused, whoever it is', () => {
    const [expected, mistaken] = [dialler({ to: 2 }), dialler({ to: 5 })];
    expect(codeOf(converse(expected, acceptor()).accepted)).toBe('done');
    const { dialled } = converse(mistaken, acceptor());
    expect(dialled).toMatchObject({
      refusal: { code: 'other-node', text: expect.stringContaining('node 5 was expected') },
    });
    // A node that dials itself is not taken for another one with its id.
    const itself = { hello: helloOf(2), instance: 'two', to: 5 };
    expect(codeOf(converse(dialler(itself), acceptor()).dialled)).toBe('other-node');
  });

  test('with another secret is refused, and no judgement is made', () => {
    const judge = () => {
      throw new Error('a stranger is judged');
    };
    const strange = Buffer.from('another secret');
    const { dialled, accepted } = converse(dialler({ secret: strange }), acceptor({ judge }));
    expect([codeOf(dialled), codeOf(accepted)]).toEqual(['secret', 'secret']);
    expect(isProven(dialled)).toBe(false);
  });

  test('with another version of the protocol is refused before a hello is read', () => {
    const hello = { ...helloOf(1), protocolVersion: 3 };
    const { dialled, accepted } = converse(dialler({ hello }), acceptor());
    expect([codeOf(dialled), codeOf(accepted)]).toEqual(['protocol-version', 'protocol-version']);
    expect(dialled).toMatchObject({
      refusal: { text: 'protocol version 2 is spoken here, and 3 by the other node' },
    });
  });

  test('that the acceptor refuses carries its words and their proof', () => {
    const text = 'node 1 was here before';
    const refusal = { code: 'USED_INCARNATION', text, usedIncarnation: 7 };
    const { dialled, accepted } = converse(dialler(), acceptor({ judge: () => refusal }));
    expect(dialled).toMatchObject({ kind: 'refused', refusal: { ...refusal, proven: true } });
    expect(codeOf(accepted)).toBe('USED_INCARNATION');
  });

  test('with a refusal that somebody without the secret made up proves nothing', () => {
    const left = dialler();
    left.receive(mustSend(acceptor().receive(left.start())));
    const refusal = encodeRefusal({ code: 'REMOVED', text: 'go away' });
    for (const proof of [Buffer.alloc(0), randomBytes(32)]) {
      const step = left.receive(encodeRefusalFrame(refusal, proof));
      expect(codeOf(step)).toBe('REMOVED');
      expect(isProven(step)).toBe(false);
    }
  });

  test('whose refusal was changed on the way proves nothing', () => {
    const left = dialler();
    const right = acceptor({ judge: () => ({ code: 'STALE', text: 'once' }) });
    const claim = mustSend(left.receive(mustSend(right.receive(left.start()))));
    const refusal = mustSend(right.receive(claim));
    refusal.write('REPEL', refusal.indexOf('STALE'));
    const step = left.receive(refusal);
    expect([codeOf(step), isProven(step)]).toEqual(['REPEL', false]);
  });

  test('that was recorded cannot be replayed to either side', () => {
    const nonce = randomBytes(32);
    const left = dialler({ nonce });
    const right = acceptor();
    const greeting = left.start();
    const answer = mustSend(right.receive(greeting));
    const claim = mustSend(left.receive(answer));
    const welcome = mustSend(right.receive(claim));

    const attacked = acceptor();
    attacked.receive(greeting);
    expect(codeOf(attacked.receive(claim))).toBe('secret');

    const deceived = dialler();
    deceived.receive(answer);
    expect(codeOf(deceived.receive(welcome))).toBe('secret');
  });

  test('is not done with a peer that sends back what it gets', () => {
    const left = dialler();
    expect(left.receive(left.start())).toMatchObject({ kind: 'garbage' });

    // A greeting of its own, and then our claim echoed: the proof is of the wrong direction.
    const cunning = dialler();
    const claim = mustSend(cunning.receive(mustSend(acceptor().receive(cunning.start()))));
    expect(codeOf(cunning.receive(claim))).toBe('secret');
  });

  test('is not done with what another acceptor proves for its own connection', () => {
    // Somebody without the secret dials the victim, and hands its nonce to a node that dials.
    const victim = acceptor();
    const node = dialler();
    const challenge = mustSend(victim.receive(dialler().start()));
    const claim = mustSend(node.receive(challenge));
    expect(codeOf(victim.receive(claim))).toBe('secret');
  });

  test('whose frames come out of turn is garbage', () => {
    const left = dialler();
    const right = acceptor();
    const greeting = left.start();
    const answer = mustSend(right.receive(greeting));
    const claim = mustSend(left.receive(answer));
    expect(acceptor().receive(claim).kind).toBe('garbage');
    expect(right.receive(greeting).kind).toBe('garbage');
    expect(left.receive(answer).kind).toBe('garbage');
  });

  test('with a byte changed on the way does not succeed', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('greeting', 'answer', 'claim', 'welcome'),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (changed, place, change) => {
          const alter = (name: string, frame: Buffer) => {
            const at = place % frame.length;
            if (name === changed) frame[at] = (frame[at] ?? 0) ^ change;
            return frame;
          };
          expect(succeeds(alter)).toBe(false);
        },
      ),
      runs,
    );
    expect(succeeds((_name, frame) => frame)).toBe(true);
  });
});

describe('a proof', () => {
  const parts: ProofOf = {
    purpose: 'dialler',
    diallerNonce: Buffer.from('one'),
    acceptorNonce: Buffer.from('two'),
    diallerHello: Buffer.from('three'),
    answer: Buffer.from('four'),
  };

  test.each<Partial<ProofOf>>([
    { purpose: 'acceptor' },
    { purpose: 'refusal' },
    { diallerNonce: Buffer.from('on') },
    { acceptorNonce: Buffer.from('tow') },
    { diallerHello: Buffer.from('threefour'), answer: Buffer.alloc(0) },
    { answer: Buffer.from('five') },
    { diallerNonce: Buffer.from('two'), acceptorNonce: Buffer.from('one') },
  ])('is another one where a part is: %j', (change) => {
    const proof = proofOf(secret, parts);
    expect(sameProof(proof, proofOf(secret, { ...parts }))).toBe(true);
    expect(sameProof(proof, proofOf(secret, { ...parts, ...change }))).toBe(false);
    expect(sameProof(proof, proofOf(Buffer.from('other'), parts))).toBe(false);
  });
});

/** Whether both sides are done when `alter` lies between them. */
function succeeds(alter: (name: string, frame: Buffer) => Buffer): boolean {
  const left = dialler();
  const right = acceptor();
  try {
    const greeting = right.receive(alter('greeting', left.start()));
    if (greeting.kind !== 'answer') return false;
    const answer = left.receive(alter('answer', greeting.send));
    if (answer.kind !== 'answer') return false;
    const claim = right.receive(alter('claim', answer.send));
    if (claim.kind !== 'done') return false;
    return left.receive(alter('welcome', mustSend(claim))).kind === 'done';
  } catch (failure) {
    if (failure instanceof FencepostError) return false;
    throw failure;
  }
}
