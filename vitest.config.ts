import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    alias: {
      'twinlane/client': at('./src/client/index.ts'),
      'twinlane/protocol': at('./src/protocol/index.ts'),
      twinlane: at('./src/index.ts'),
    },
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  test: {
    projects: [
      {
        extends: true,
        // Most of their time would be spent on loading the same modules again for each file.
        test: {
          name: 'unit',
          include: ['src/**/*.spec.ts', 'console/src/**/*.spec.ts', 'test/chaos/*.spec.ts'],
          isolate: false,
        },
      },
      {
        extends: true,
        test: { name: 'e2e', include: ['test/**/*.e2e-spec.ts', 'test/browser/*.browser-spec.ts'] },
      },
    ],
    setupFiles: ['./test/kit/setup.ts'],
    // No test waits for its timeout but one that hangs: a busy machine may take ten times as long as an idle one.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Tests of long waits use fake clocks; what runs over real sockets must not compete for two cores.
    maxWorkers: 2,
  },
});
