/**
 * Latencies in microseconds, counted in buckets of at most 0.8 % width: exact up to 256 us, then
 * 128 buckets for each doubling. A count costs one array write, and percentiles of the tail come
 * from every sample instead of a selection.
 */
const exactBits = 8;
const exactCount = 1 << exactBits;
const bucketsPerDoubling = exactCount / 2;
/** Doublings above the exact part: up to 2^32 us, more than an hour. */
const doublings = 24;

export class Histogram {
  readonly #counts = new Float64Array(exactCount + doublings * bucketsPerDoubling);
  #count = 0;
  #maxMicros = 0;

  get count(): number {
    return this.#count;
  }

  get maxMicros(): number {
    return this.#maxMicros;
  }

  /** @param times how many commands took this long */
  add(micros: number, times = 1): void {
    const value = micros < 0 ? 0 : Math.round(micros);
    const bucket = Math.min(bucketOf(value), this.#counts.length - 1);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + times;
    this.#count += times;
    if (value > this.#maxMicros) this.#maxMicros = value;
  }

  /** The time within which `fraction` of the commands ended; 0 if there were none. */
  percentile(fraction: number): number {
    const wanted = Math.max(1, Math.ceil(this.#count * fraction));
    let seen = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count;
      if (seen >= wanted) return Math.min(upperEndOf(bucket), this.#maxMicros);
    }
    return this.#maxMicros;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#count = 0;
    this.#maxMicros = 0;
  }
}

function bucketOf(value: number): number {
  if (value < exactCount) return value;
  const doubling = Math.floor(Math.log2(value)) - exactBits;
  const within = Math.floor(value / 2 ** (doubling + 1)) - bucketsPerDoubling;
  return exactCount + doubling * bucketsPerDoubling + within;
}

/** The largest value that the bucket counts. */
function upperEndOf(bucket: number): number {
  if (bucket < exactCount) return bucket;
  const doubling = Math.floor((bucket - exactCount) / bucketsPerDoubling);
  const within = (bucket - exactCount) % bucketsPerDoubling;
  return (within + bucketsPerDoubling + 1) * 2 ** (doubling + 1) - 1;
}
