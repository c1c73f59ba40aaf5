import { defineConfig } from 'vitest/config';

/*
 * `npm run compat`: the Node clients and redis-cli, as in `npm test`, and the clients in other
 * languages, which need more than Node and skip themselves where it is missing.
 */
export default defineConfig({
  test: {
    include: ['compat/**/*.test.ts', 'compat/**/*-foreign.ts'],
    testTimeout: 60_000,
    hookTimeout: 300_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
