// What a browser fetches of the built console before it shows anything, and what it fetches when it is needed.
import { readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const BUILT = fileURLToPath(new URL('../../dist/console', import.meta.url));
/** Parts of the console are named by their folders. */
const PARTS = new Set(readdirSync(new URL('../../console/src', import.meta.url)));

/**
 * @returns `[{ file, when: 'first' | 'later', bytes, gzip, brotli }]`, the largest first; what parts of the console share is one: the
 *   editor and the languages that it knows, each fetched when a file needs it
 */
export function sizesOfConsole() {
  const page = readFileSync(path.join(BUILT, 'index.html'), 'utf8');
  const first = new Set([
    'index.html',
    ...[...page.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map(([, name]) => name),
  ]);
  const rest = { bytes: 0, gzip: 0, brotli: 0 };
  const sizes = [];
  let shared = 0;
  for (const file of ['index.html', ...readdirSync(path.join(BUILT, 'assets')).map((name) => `assets/${name}`)]) {
    if (/\.(gz|br)$/.test(file)) continue;
    const one = sizeOf(file, first.has(file) ? 'first' : 'later');
    if (one.when === 'first' || PARTS.has(one.file.replace(/\.\w+$/, ''))) sizes.push(one);
    else {
      shared++;
      for (const field of Object.keys(rest)) rest[field] += one[field];
    }
  }
  sizes.sort((a, b) => a.when.localeCompare(b.when) || b.gzip - a.gzip);
  return [...sizes, { file: `editor and languages, ${shared} files`, when: 'later', ...rest }];
}

/** As the relay serves it: compressed when it was built, or else now. */
function sizeOf(file, when) {
  const place = path.join(BUILT, file);
  const read = (ending, compress) => {
    const built = statSync(`${place}.${ending}`, { throwIfNoEntry: false });
    return built ? built.size : compress(readFileSync(place)).length;
  };
  return {
    file: path.basename(file).replace(/-[\w-]{8}(?=\.\w+$)/, ''),
    when,
    bytes: statSync(place).size,
    gzip: read('gz', gzipSync),
    brotli: read('br', brotliCompressSync),
  };
}
