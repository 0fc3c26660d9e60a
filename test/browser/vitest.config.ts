import { defineConfig } from 'vitest/config';
import base from '../../vitest.config.js';

/** The tests in a browser alone: `npm run test:browser`. `npm test` has them too. */
export default defineConfig({ ...base, test: { ...base.test, include: ['test/browser/*.browser-spec.ts'] } });
