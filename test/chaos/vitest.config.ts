import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/chaos/*.chaos-spec.ts'],
    // A run takes its seconds, and settles before this in any case: what it says then tells more than a timeout.
    testTimeout: 360_000,
    maxWorkers: 1,
    // Most of a run is waiting for a fault to be over. More of them would take the processor from each other.
    maxConcurrency: 2,
  },
});
