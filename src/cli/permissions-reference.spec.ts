import { expect, it } from 'vitest';
import { permissionsReference } from './permissions-reference.js';

it('docs/permissions.md is what the modes and defaults are', async () => {
  await expect(permissionsReference()).toMatchFileSnapshot('../../docs/permissions.md');
});
