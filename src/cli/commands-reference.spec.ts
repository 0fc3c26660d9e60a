import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { commandsReference } from '../../test/kit/commands-reference.js';

it('docs/commands.md is what the handlers and their DTOs say', async () => {
  const text = commandsReference(fileURLToPath(new URL('../commands', import.meta.url)));
  await expect(text).toMatchFileSnapshot('../../docs/commands.md');
});
