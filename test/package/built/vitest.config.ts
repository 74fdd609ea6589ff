import { defineConfig } from 'vitest/config';

const resultsFile = process.env.TEST_RESULTS;

export default defineConfig({
  test: {
    include: ['test/package/built/*.test.ts'],
    // Whole packages are built and a whole Debian is unpacked.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    maxWorkers: 1,
    reporters: resultsFile ? ['default', ['json', { outputFile: resultsFile }]] : ['default'],
  },
});
