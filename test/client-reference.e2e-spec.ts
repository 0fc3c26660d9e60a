import { afterAll, beforeAll, expect, it } from 'vitest';
import { clientReference, type ClientReference } from './kit/api/client-reference.js';
import { temporaryDirectory } from './kit/cli.js';

/** It reads all of the sources: seconds on an idle machine. */
const GENERATION_MS = 600_000;

let reference: ClientReference;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  directory = await temporaryDirectory();
  reference = await clientReference(directory.path);
}, GENERATION_MS);
afterAll(() => directory.remove());

it('docs/client-api.md is what the library exports, and says of it', async () => {
  await expect(reference.text).toMatchFileSnapshot('../docs/client-api.md');
});

it('everything that the library exports is described, with each type that it names', () => {
  expect(reference.complaints).toEqual([]);
});
