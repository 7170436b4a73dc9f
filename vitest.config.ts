import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // `*.slow.test.ts` package anew or kill processes: `npm run slow`, which `npm run check` runs.
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/package.ts'],
    // Engines of the caller's choice are for the tests that ask for them: test/engine/given.ts.
    env: {
      GIVEN_SQS: process.env['AWS_ENDPOINT_URL_SQS'] ?? '',
      GIVEN_DYNAMODB: process.env['AWS_ENDPOINT_URL_DYNAMODB'] ?? '',
      AWS_ENDPOINT_URL_SQS: '',
      AWS_ENDPOINT_URL_DYNAMODB: '',
    },
    testTimeout: 20_000,
    // Four workers share two cores: what comes in a moment on a quiet machine may take seconds.
    expect: { poll: { timeout: 15_000 } },
    // Most of the time the tests of the whole system wait: for looks, leases and answers.
    maxWorkers: 4,
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
