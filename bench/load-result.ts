import type { Histogram } from './histogram.ts';

/** What a load process measured. Times are those of one command, from its write to its reply. */
export interface LoadResult {
  readonly pairsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
  /** Share of one core that the load process itself used; near 1 it is the bottleneck. */
  readonly generatorCpu: number;
}

/** Forgets what was measured before, and gives what ends the measurement. */
export function beginMeasuring(latencies: Histogram): () => LoadResult {
  latencies.clear();
  const cpuAtStart = process.cpuUsage();
  const startedAtMs = performance.now();
  return () => {
    const elapsedMs = performance.now() - startedAtMs;
    const { user, system } = process.cpuUsage(cpuAtStart);
    return {
      pairsPerSecond: (latencies.count / 2 / elapsedMs) * 1_000,
      p50Ms: latencies.percentile(0.5) / 1_000,
      p99Ms: latencies.percentile(0.99) / 1_000,
      p999Ms: latencies.percentile(0.999) / 1_000,
      maxMs: latencies.maxMicros / 1_000,
      generatorCpu: (user + system) / 1_000 / elapsedMs,
    };
  };
}
