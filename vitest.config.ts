import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/package.ts'],
    testTimeout: 20_000,
    // Most of the time the tests of the whole system wait: for looks, leases and answers.
    maxWorkers: 3,
    // Packaging the stack takes seconds when it is not fresh.
    hookTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['lib/**/*.ts', 'functions/**/*.ts', 'local/**/*.ts', 'client/**/*.ts', 'cli/**/*.ts'],
      reporter: ['text-summary', 'html'],
      // thresholds: { 'lib/*.ts': { 100: true } },
    },
  },
});
