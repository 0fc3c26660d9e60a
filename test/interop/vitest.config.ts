import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/interop/*.interop-spec.ts'],
    globalSetup: ['./test/interop/install.ts'],
    setupFiles: ['./test/kit/setup.ts'],
    // A stock listener takes seconds to start.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 1,
  },
});
