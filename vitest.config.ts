import { defineConfig } from 'vitest/config';

/** Short suites. The long ones (`*.long.test.ts`) run with WHERRY_TESTS=long. */
const long = process.env['WHERRY_TESTS'] === 'long';

export default defineConfig({
  test: {
    include: long ? ['**/*.long.test.ts'] : ['**/*.test.ts'],
    exclude: ['node_modules', 'dist', ...(long ? [] : ['**/*.long.test.ts'])],
    pool: 'forks',
    maxWorkers: 2,
    // Generous: on a slow machine with both workers busy a cluster takes its time.
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
