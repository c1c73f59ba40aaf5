import type { Lease } from './lease.ts';

/**
 * A hash of everything a partition holds, kept up to date lease by lease: the sum of the leases'
 * own hashes, in two 32-bit halves. Whoever reads a checkpoint or a snapshot compares it with what
 * was written, and the simulator compares replicas at equal applied index.
 */
export class StateHash {
  #high = 0;
  #low = 0;

  add(lease: Lease): void {
    const text = hashText(lease);
    this.#low = (this.#low + mix(text, lease.token, lease.expiresAtMs)) | 0;
    this.#high = (this.#high + mix(~text, lease.endsAtMs, lease.db)) | 0;
  }

  remove(lease: Lease): void {
    const text = hashText(lease);
    this.#low = (this.#low - mix(text, lease.token, lease.expiresAtMs)) | 0;
    this.#high = (this.#high - mix(~text, lease.endsAtMs, lease.db)) | 0;
  }

  /** Sixteen hexadecimal digits; all zero when there is no lease. */
  digest(): string {
    return hex32(this.#high) + hex32(this.#low);
  }
}

/** FNV-1a over key and value, 32 bits. */
function hashText(lease: Lease): number {
  const { key, value } = lease;
  let hash = 0x811c9dc5 | 0;
  for (let at = 0; at < key.length; at += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ 0x1ff, 0x01000193);
  for (let at = 0; at < value.length; at += 1) {
    hash = Math.imul(hash ^ value.charCodeAt(at), 0x01000193);
  }
  return hash;
}

/** Mixes a hash with two integers of up to 53 bits (the finalizer of MurmurHash3, each time). */
function mix(hash: number, first: number, second: number): number {
  let mixed = finalize(hash ^ first ^ Math.floor(first / 0x1_0000_0000));
  mixed = finalize(mixed ^ second ^ Math.imul(Math.floor(second / 0x1_0000_0000), 0x9e3779b1));
  return mixed;
}

function finalize(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function hex32(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
