import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/chaos/*.chaos-spec.ts'],
    // A run takes its seconds, then settles for a minute at the most.
    testTimeout: 120_000,
    maxWorkers: 1,
  },
});
