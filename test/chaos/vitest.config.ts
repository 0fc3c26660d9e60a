import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/chaos/*.chaos-spec.ts'],
    // A run takes its seconds, and settles before this in any case: what it says then tells more than a timeout.
    testTimeout: 360_000,
    maxWorkers: 1,
  },
});
