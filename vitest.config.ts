import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 10_000,
    // Packaging the stack takes seconds when it is not fresh.
    hookTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['lib/**/*.ts', 'functions/**/*.ts', 'local/**/*.ts', 'cli/**/*.ts'],
      reporter: ['text-summary', 'html'],
      // thresholds: { 'lib/*.ts': { 100: true } },
    },
  },
});
