// Runs the tests in four projects: fast (needs nothing), redis (redis-server), browser (chromium) and deploy (kubectl,
// redis-server and the package registry).
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
          exclude: ['test/**/*.redis.test.ts', 'test/**/*.browser.test.ts', 'test/**/*.deploy.test.ts'],
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
      {
        test: {
          name: 'deploy',
          include: ['test/**/*.deploy.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 600_000,
          fileParallelism: false,
          // After the others: it installs and builds, which would cost them the time they have been given.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
