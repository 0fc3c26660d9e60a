import { afterAll, beforeAll } from 'vitest';
import { beginNats, endNats } from '../kit/engine-under-test.js';

beforeAll(beginNats);
afterAll(endNats);
