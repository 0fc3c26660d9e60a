import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/cluster/*.cluster-spec.ts'],
    setupFiles: ['./test/kit/setup.ts'],
    // Servers find each other and choose who leads, which takes seconds, and many on a busy machine.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    maxWorkers: 1,
  },
});
