import { defineConfig } from 'vitest/config';
import base from '../../vitest.config.js';

const { projects: _, ...test } = base.test ?? {};

/** The end-to-end tests, with relays over NATS: `npm run test:nats`. */
export default defineConfig({
  ...base,
  test: {
    ...test,
    env: { TWINLANE_TEST_ENGINE: 'nats' },
    include: ['test/*.e2e-spec.ts'],
    setupFiles: ['./test/kit/setup.ts', './test/nats/setup.ts'],
  },
});
