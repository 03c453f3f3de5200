// Runs the tests in three projects: fast (needs nothing), redis (redis-server) and browser (chromium).
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      {
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.redis.test.ts', 'test/**/*.browser.test.ts'],
        },
      },
      {
        test: {
          name: 'redis',
          include: ['test/**/*.redis.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          globalSetup: ['test/support/built.ts'],
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/**/*.browser.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          globalSetup: ['test/support/built.ts'],
          fileParallelism: false,
        },
      },
    ],
  },
});
