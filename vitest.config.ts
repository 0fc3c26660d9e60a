import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    alias: {
      'twinlane/client': fileURLToPath(new URL('./src/client/index.ts', import.meta.url)),
      twinlane: fileURLToPath(new URL('./src/index.ts', import.meta.url)),
    },
  },
  test: {
    include: ['src/**/*.spec.ts', 'test/chaos/*.spec.ts', 'test/**/*.e2e-spec.ts'],
    setupFiles: ['./test/kit/setup.ts'],
    // No test waits for its timeout but one that hangs: a busy machine may take ten times as long as an idle one.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Tests of long waits use fake clocks; what runs over real sockets must not compete for two cores.
    maxWorkers: 2,
  },
});
