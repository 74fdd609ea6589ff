import { defineConfig } from 'vitest/config';

const resultsFile = process.env.TEST_RESULTS;

/** `npm run test:browser`: a real browser, so Debian's package chromium is needed. */
export default defineConfig({
  test: {
    include: ['test/browser/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 1,
    reporters: resultsFile ? ['default', ['json', { outputFile: resultsFile }]] : ['default'],
  },
});
