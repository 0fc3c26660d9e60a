import { expect, it } from 'vitest';
import { configurationReference } from './configuration-reference.js';

it('docs/configuration.md is what the table of settings says', async () => {
  await expect(configurationReference()).toMatchFileSnapshot('../../../docs/configuration.md');
});
