import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { alias: { twinlane: fileURLToPath(new URL('../../src/index.ts', import.meta.url)) } },
  test: {
    include: ['test/fuzz/*.fuzz-spec.ts'],
    setupFiles: ['./test/kit/setup.ts'],
    // A round ends when its cases have ended; what hangs is found by its silence.
    testTimeout: 0,
    hookTimeout: 0,
    maxWorkers: 1,
    disableConsoleIntercept: true,
  },
});
