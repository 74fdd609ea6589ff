import { defineConfig } from 'vitest/config';

const resultsFile = process.env.TEST_RESULTS;

/** `npm run test:machine`: real machines, so root, one Debian 12 and some minutes are needed. */
export default defineConfig({
  test: {
    include: ['test/machine/**/*.test.ts'],
    globalSetup: ['test/machine/prepare.ts'],
    // There to end a test with its evidence, not to judge it: CI's machine may be ten times as slow as another.
    // A wait has a time of its own to give up (patience), and says what it waited for.
    testTimeout: 900_000,
    hookTimeout: 900_000,
    // In CI a test that fails is tried once more, and the run says so: machines that start side by side on two shared cores
    // meet races of the host's kernel that are none of ours.
    retry: process.env.CI ? 1 : 0,
    // A machine boots on about a core.
    maxWorkers: 2,
    reporters: resultsFile ? ['default', ['json', { outputFile: resultsFile }]] : ['default'],
  },
});
