import { readFile, stat } from 'node:fs/promises';
import { expect, it } from 'vitest';

const BUILT = new URL('../dist/console/', import.meta.url);
/** Of what a browser fetches before it shows anything, compressed. */
const FIRST_LOAD_BYTES = 150_000;

it('the console loads at first less than its budget, and nothing of another host', async () => {
  const page = await readFile(new URL('index.html', BUILT), 'utf8');
  const fetched = [...page.matchAll(/(?:src|href)="(\.\/assets\/[^"]+)"/g)].map(([, name = '']) => name);
  expect(fetched.some((name) => name.endsWith('.js')) && fetched.some((name) => name.endsWith('.css'))).toBe(true);
  const sizes = await Promise.all(fetched.map(transferred));
  expect(sizes.reduce((sum, size) => sum + size, page.length)).toBeLessThan(FIRST_LOAD_BYTES);
  expect(page).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
});

/** Bytes of a file as it is sent: what is tiny is not compressed. */
async function transferred(name: string): Promise<number> {
  const compressed = await stat(new URL(`${name}.gz`, BUILT)).catch(() => undefined);
  return (compressed ?? (await stat(new URL(name, BUILT)))).size;
}
