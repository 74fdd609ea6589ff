import { defineConfig } from 'vitest/config';

const resultsFile = process.env.TEST_RESULTS;

/** `npm run test:machine`: real machines, so root, one Debian 12 and some minutes are needed. */
export default defineConfig({
  test: {
    include: ['test/machine/**/*.test.ts'],
    globalSetup: ['test/machine/prepare.ts'],
    testTimeout: 90_000,
    hookTimeout: 60_000,
    // A machine boots on about a core.
    maxWorkers: 2,
    reporters: resultsFile ? ['default', ['json', { outputFile: resultsFile }]] : ['default'],
  },
});
