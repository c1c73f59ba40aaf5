import { defineConfig } from 'vitest/config';

/** Tests of whole clusters are about time: nothing else runs beside them. */
const clusters = ['test/cluster/**/*.test.ts', 'test/chaos/**/*.test.ts'];

const shared = { testTimeout: 60_000, hookTimeout: 120_000, pool: 'forks' as const };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'all',
          include: ['test/**/*.test.ts', 'compat/**/*.test.ts'],
          exclude: clusters,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'clusters',
          include: clusters,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
