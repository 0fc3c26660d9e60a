// Builds the console into dist/console, unless nothing that goes into it has changed since it was built last.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const inputs = ['console', 'src/client', 'src/channel', 'src/protocol', 'package-lock.json'];
const note = path.join(root, 'dist', '.consolebuildinfo');

async function* filesBelow(place) {
  if (path.extname(place) !== '' && !place.endsWith('/')) return void (yield place);
  const entries = await readdir(path.join(root, place), { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const name = `${place}/${entry.name}`;
    if (entry.isDirectory()) yield* filesBelow(name);
    else if (!/\.spec\.tsx?$/.test(name)) yield name;
  }
}

const hash = createHash('sha256').update(process.version);
for (const input of inputs)
  for await (const name of filesBelow(input)) hash.update(name).update(await readFile(path.join(root, name)));
const wanted = hash.digest('hex');
const built = await readFile(note, 'utf8').catch(() => '');

if (built !== wanted || !existsSync(path.join(root, 'dist/console/index.html'))) {
  const { build } = await import('vite');
  await build({ configFile: path.join(root, 'console/vite.config.ts'), logLevel: 'warn' });
  await writeFile(note, wanted);
}
