import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/interop/*.interop-spec.ts'],
    globalSetup: ['./test/interop/install.ts'],
    setupFiles: ['./test/kit/setup.ts'],
    // A stock listener takes seconds to start, and many on a busy machine.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    maxWorkers: 1,
  },
});
