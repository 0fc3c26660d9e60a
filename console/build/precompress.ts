import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Plugin } from 'vite';

/** What gets shorter. The page itself is a template, and small. */
const WORTH_IT = /\.(js|css|svg|webmanifest)$/;
const TOO_SMALL_BYTES = 512;

const toBrotli = promisify(brotliCompress);
const toGzip = promisify(gzip);

/** Puts a `.br` and a `.gz` beside each file, so that the relay compresses nothing while it serves. */
export function precompress(): Plugin {
  let folder = '';
  return {
    name: 'twinlane:precompress',
    apply: 'build',
    configResolved: ({ build }) => {
      folder = build.outDir;
    },
    closeBundle: async () => {
      const names = await readdir(folder, { recursive: true });
      await Promise.all(names.filter((name) => WORTH_IT.test(name)).map((name) => shorten(path.join(folder, name))));
    },
  };
}

async function shorten(file: string): Promise<void> {
  const content = await readFile(file);
  if (content.byteLength < TOO_SMALL_BYTES) return;
  const params = { [constants.BROTLI_PARAM_SIZE_HINT]: content.byteLength };
  const [br, gz] = await Promise.all([toBrotli(content, { params }), toGzip(content, { level: 9 })]);
  await Promise.all([writeFile(`${file}.br`, br), writeFile(`${file}.gz`, gz)]);
}
