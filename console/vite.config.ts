import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { precompress } from './build/precompress.js';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Where `npm run dev:console` sends what is not a file of the console. */
const RELAY = process.env['TWINLANE_SERVER'] ?? 'http://127.0.0.1:7400';

export default defineConfig({
  root: at('.'),
  // Every address in the page is relative: it works under whatever path a proxy takes off.
  base: './',
  resolve: {
    alias: { 'twinlane/client': at('../src/client/index.ts'), 'twinlane/protocol': at('../src/protocol/index.ts') },
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: at('../dist/console'),
    emptyOutDir: true,
    target: 'es2022',
    // As old as light-dark() is: a page for both schemes without a second set of rules.
    cssTarget: ['chrome123', 'edge123', 'firefox120', 'safari17.5'],
    // Inlined files would need an exception in the Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1_000,
  },
  plugins: [precompress()],
  server: { port: 7480, strictPort: true, proxy: { '/v1': { target: RELAY, ws: true } } },
});
