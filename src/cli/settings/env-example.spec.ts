import { expect, it } from 'vitest';
import { envExample } from './env-example.js';

it('.env.example is what the table of settings says', async () => {
  await expect(envExample()).toMatchFileSnapshot('../../../.env.example');
});
