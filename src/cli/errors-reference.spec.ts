import { expect, it } from 'vitest';
import { errorsReference } from './errors-reference.js';

it('docs/errors.md is what the tables of codes say', async () => {
  await expect(errorsReference()).toMatchFileSnapshot('../../docs/errors.md');
});
