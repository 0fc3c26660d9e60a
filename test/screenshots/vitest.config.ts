import { defineConfig } from 'vitest/config';
import base from '../../vitest.config.js';

/** `npm run screenshots`: no test, but as tests it reads the sources as they are. */
export default defineConfig({ ...base, test: { ...base.test, include: ['test/screenshots/*.shots.ts'] } });
