// Runs the tests in five projects: fast (needs nothing), process (nothing but the built server), redis (redis-server),
// browser (chromium) and deploy (kubectl, redis-server and the package registry).
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      {
        test: {
          name: 'fast',
          // A project does not take these over from above.
          testTimeout: 30_000,
          hookTimeout: 60_000,
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.{process,redis,browser,deploy}.test.ts'],
        },
      },
      {
        test: {
          name: 'process',
          include: ['test/**/*.process.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          globalSetup: ['test/support/built.ts'],
          fileParallelism: false,
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
