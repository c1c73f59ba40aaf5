/**
 * The generator of `math.random`: POSIX lrand48, which Redis ships (rand.c). Redis goes on with
 * the sequence from script to script; here every run begins it anew.
 */
export class Lrand48 {
  /** The 48 bits of state as two halves of 24; at first 0x1234ABCD330E, as in Redis. */
  #high = 0x1234ab;
  #low = 0xcd330e;

  /** Starts the sequence of `seed`, a 32-bit integer. */
  seed(seed: number): void {
    const state = (seed >>> 0) * 0x1_0000 + 0x330e;
    this.#high = Math.floor(state / 0x100_0000);
    this.#low = state % 0x100_0000;
  }

  /** The next integer from 0 to 2^31 - 1. */
  next(): number {
    const lowProduct = this.#low * multiplierLow + increment;
    const carry = Math.floor(lowProduct / 0x100_0000);
    const crossProduct =
      ((this.#low * multiplierHigh) % 0x100_0000) + ((this.#high * multiplierLow) % 0x100_0000);
    this.#low = lowProduct % 0x100_0000;
    this.#high = (crossProduct + carry) % 0x100_0000;
    return this.#high * 0x80 + Math.floor(this.#low / 0x2_0000);
  }
}

/** 0x5DEECE66D in halves of 24 bits, and the constant that each step adds (POSIX drand48). */
const multiplierHigh = 0x5de;
const multiplierLow = 0xece66d;
const increment = 0xb;
