import {
  type Claim,
  decodeHandshake,
  encodeClaim,
  encodeGreeting,
  encodeHello,
  encodeRefusal,
  encodeRefusalFrame,
  type Greeting,
  type HandshakeFrame,
  type ProofOf,
  proofOf,
  type RefusalFrame,
  sameProof,
} from './handshake-codec.ts';
import type { PeerHello } from './peer-hello.ts';
import type { ReceivedRefusal, Refusal } from './transport-options.ts';

/** Codes of the refusals of the transport itself; the node has its own beside them. */
export const refusalCodes = {
  protocolVersion: 'protocol-version',
  secret: 'secret',
  otherNode: 'other-node',
  nodeIdInUse: 'node-id-in-use',
  tooManyPeers: 'too-many-peers',
} as const;

export interface HandshakeOptions {
  /** Empty where the cluster has none. */
  readonly secret: Buffer;
  readonly hello: PeerHello;
  /** Names this process; chosen at random when it starts. */
  readonly instance: string;
  /** 32 random bytes, never used before. */
  readonly nonce: Buffer;
  /** The node that is dialled. */
  readonly to?: number;
}

export interface Peer {
  readonly hello: PeerHello;
  readonly instance: string;
}

/** What a frame of the handshake leads to; `send` leaves first. */
export type HandshakeStep =
  | { readonly kind: 'answer'; readonly send: Buffer }
  | { readonly kind: 'done'; readonly send: Buffer | undefined; readonly peer: Peer }
  | {
      readonly kind: 'refused';
      readonly send: Buffer | undefined;
      readonly refusal: ReceivedRefusal;
    }
  /** These bytes are no handshake: the connection ends without an answer. */
  | { readonly kind: 'garbage'; readonly text: string };

const nothing = Buffer.alloc(0);

/** The side that opened the connection; the sequence stands in `handshake-codec.ts`. */
export class DiallerHandshake {
  readonly #options: HandshakeOptions;
  readonly #helloBytes: Buffer;
  #peerNonce: Buffer | undefined;

  constructor(options: HandshakeOptions) {
    this.#options = options;
    this.#helloBytes = encodeHello(options.hello, options.instance, options.to);
  }

  /** The first frame's body. */
  start(): Buffer {
    return encodeGreeting(this.#options.hello.protocolVersion, this.#options.nonce);
  }

  /** @throws FencepostError `DATA_DAMAGED` or `PEER_PROTOCOL` */
  receive(body: Buffer): HandshakeStep {
    const frame = decodeHandshake(body);
    if (frame.kind === 'refusal') return this.#refused(frame);
    const peerNonce = this.#peerNonce;
    if (peerNonce === undefined) {
      return frame.kind === 'greeting' ? this.#greeted(frame) : outOfTurn(frame);
    }
    return frame.kind === 'claim' ? this.#claimed(frame) : outOfTurn(frame);
  }

  #greeted({ protocolVersion, nonce }: Greeting): HandshakeStep {
    const { hello } = this.#options;
    if (protocolVersion !== hello.protocolVersion) {
      return refusedHere(versionRefusal(hello.protocolVersion, protocolVersion), undefined);
    }
    if (nonce.equals(this.#options.nonce)) return garbage('our own greeting came back');
    this.#peerNonce = nonce;
    const proof = this.#proof('dialler', nothing);
    return { kind: 'answer', send: encodeClaim(this.#helloBytes, proof) };
  }

  #claimed({ hello, helloBytes, instance, proof }: Claim): HandshakeStep {
    if (!sameProof(proof, this.#proof('acceptor', helloBytes))) {
      return refusedHere(secretRefusal, undefined);
    }
    return { kind: 'done', send: undefined, peer: { hello, instance } };
  }

  #refused({ refusal, proof }: RefusalFrame): HandshakeStep {
    const expected = this.#proof('refusal', encodeRefusal(refusal));
    const proven = this.#peerNonce !== undefined && sameProof(proof, expected);
    return { kind: 'refused', send: undefined, refusal: { ...refusal, proven } };
  }

  #proof(purpose: ProofOf['purpose'], answer: Buffer): Buffer {
    const { secret, nonce } = this.#options;
    const acceptorNonce = this.#peerNonce ?? nothing;
    const diallerHello = this.#helloBytes;
    return proofOf(secret, { purpose, diallerNonce: nonce, acceptorNonce, diallerHello, answer });
  }
}

export interface AcceptorOptions extends HandshakeOptions {
  /** Whether a peer that has proven to know the secret may have a link. */
  judge(peer: Peer): Refusal | undefined;
}

/** The side that the connection came to. It proves and tells nothing before the dialler has. */
export class AcceptorHandshake {
  readonly #options: AcceptorOptions;
  #peerNonce: Buffer | undefined;

  constructor(options: AcceptorOptions) {
    this.#options = options;
  }

  /** @throws FencepostError `DATA_DAMAGED` or `PEER_PROTOCOL` */
  receive(body: Buffer): HandshakeStep {
    const frame = decodeHandshake(body);
    const peerNonce = this.#peerNonce;
    if (peerNonce === undefined) {
      return frame.kind === 'greeting' ? this.#greeted(frame) : outOfTurn(frame);
    }
    return frame.kind === 'claim' ? this.#claimed(frame, peerNonce) : outOfTurn(frame);
  }

  #greeted({ protocolVersion, nonce }: Greeting): HandshakeStep {
    const { hello, nonce: ownNonce } = this.#options;
    if (protocolVersion !== hello.protocolVersion) {
      const refusal = versionRefusal(hello.protocolVersion, protocolVersion);
      return refusedHere(refusal, encodeRefusalFrame(encodeRefusal(refusal), nothing));
    }
    this.#peerNonce = nonce;
    return { kind: 'answer', send: encodeGreeting(hello.protocolVersion, ownNonce) };
  }

  #claimed(claim: Claim, diallerNonce: Buffer): HandshakeStep {
    const { secret, nonce: acceptorNonce } = this.#options;
    const nonces = { diallerNonce, acceptorNonce, diallerHello: claim.helloBytes };
    const expected = proofOf(secret, { purpose: 'dialler', ...nonces, answer: nothing });
    if (!sameProof(claim.proof, expected)) {
      return refusedHere(secretRefusal, encodeRefusalFrame(encodeRefusal(secretRefusal), nothing));
    }
    const peer = { hello: claim.hello, instance: claim.instance };
    const { nodeId } = this.#options.hello;
    const isTwin = claim.hello.nodeId === nodeId && claim.instance !== this.#options.instance;
    const isMisled = claim.to !== 0 && claim.to !== nodeId && !isTwin;
    const refusal = isMisled ? otherNode(claim.to, nodeId) : this.#options.judge(peer);
    if (refusal !== undefined) {
      const answer = encodeRefusal(refusal);
      const proof = proofOf(secret, { purpose: 'refusal', ...nonces, answer });
      return refusedHere(refusal, encodeRefusalFrame(answer, proof));
    }
    const answer = encodeHello(this.#options.hello, this.#options.instance);
    const proof = proofOf(secret, { purpose: 'acceptor', ...nonces, answer });
    return { kind: 'done', send: encodeClaim(answer, proof), peer };
  }
}

const secretRefusal: Refusal = {
  code: refusalCodes.secret,
  text: 'the two nodes do not have the same cluster secret',
};

function otherNode(to: number, nodeId: number): Refusal {
  const text = `node ${to} was expected at this address, and node ${nodeId} is there`;
  return { code: refusalCodes.otherNode, text };
}

function versionRefusal(ours: number, theirs: number): Refusal {
  const text = `protocol version ${ours} is spoken here, and ${theirs} by the other node`;
  return { code: refusalCodes.protocolVersion, text };
}

function refusedHere(refusal: Refusal, send: Buffer | undefined): HandshakeStep {
  return { kind: 'refused', send, refusal: { ...refusal, proven: false } };
}

function outOfTurn({ kind }: HandshakeFrame): HandshakeStep {
  return garbage(`a ${kind} out of turn`);
}

function garbage(text: string): HandshakeStep {
  return { kind: 'garbage', text };
}
