/**
 * Two projects: `pure` needs nothing and runs side by side, a file on each core; `real` runs on the real stack (test/support/global.ts), one file after
 * another, because servers that share a small machine are slow in ways that tests of time-outs would notice.
 */
import { defineConfig } from 'vitest/config';

// Of deploy/ and bench/ those that fetch or build programs: they take minutes at first.
const REAL = [
  'test/{adapters,chaos,cli,contract,e2e,examples,failpoints,stack}/**/*.test.ts',
  'test/deploy/{compose,image,kafka,pods,valid}.test.ts',
  'test/bench/beside.test.ts',
];

export default defineConfig({
  test: {
    maxWorkers: '100%',
    projects: [
      {
        extends: true,
        // Random histories and simulated servers take what time a busy machine gives them.
        test: { name: 'pure', include: ['test/**/*.test.ts'], exclude: REAL, testTimeout: 30_000 },
      },
      {
        extends: true,
        test: {
          name: 'real',
          include: REAL,
          globalSetup: ['test/support/global.ts'],
          fileParallelism: false,
          maxConcurrency: 3,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
