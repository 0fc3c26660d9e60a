import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { build } from 'vite';
import type * as Client from '../src/client/index.js';
import { environmentRecord, FAKE_TOKEN, FakeClientRelay } from './kit/fake-client-relay.js';

/** What a page loads of this library at most, compressed. */
const MAX_GZIP_BYTES = 40 * 1024;

/** What every browser has, and the library may use; a context has the language, and nothing else. */
const BROWSER = {
  AbortController,
  AbortSignal,
  clearTimeout,
  crypto,
  fetch,
  performance,
  queueMicrotask,
  ReadableStream,
  setTimeout,
  TextDecoder,
  TextEncoder,
  URL,
  WritableStream,
  WebSocket: class {},
};

let code: string;
let external: readonly string[];
beforeAll(async () => {
  const result = await build({
    configFile: false,
    envFile: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'baseline-widely-available',
      minify: true,
      lib: {
        entry: fileURLToPath(new URL('../src/client/index.ts', import.meta.url)),
        name: 'twinlane',
        formats: ['iife'],
      },
    },
  });
  const [bundle] = Array.isArray(result) ? result : [];
  const [chunk, ...others] = bundle?.output ?? [];
  if (!chunk || others.length > 0) throw new Error('the library is not one file');
  ({ code } = chunk);
  external = [...chunk.imports, ...chunk.dynamicImports];
});

let relay: FakeClientRelay;
beforeAll(async () => {
  relay = await FakeClientRelay.start();
});
afterAll(() => relay.stop());

it('is one file for browsers, with everything in it and nothing of Node', () => {
  expect(external).toEqual([]);
  expect(code).not.toMatch(/\bnode:|\brequire\(|__vite-browser-external/);
});

it('is small', () => {
  expect(gzipSync(code).length).toBeLessThan(MAX_GZIP_BYTES);
});

it('works with what browsers have, and nothing else', async () => {
  const page: { globalThis?: object; twinlane?: typeof Client } = createContext({ ...BROWSER });
  runInContext(`${code}\nglobalThis.twinlane = twinlane;`, page);
  const { twinlane } = page;
  if (!twinlane) throw new Error('the page has no library');
  relay.environments = [environmentRecord('a', 'one')];
  const client = new twinlane.TwinlaneClient({ server: relay.url, token: FAKE_TOKEN });
  expect((await client.environments()).map(({ id }) => id)).toEqual(['a']);
  const refused = new twinlane.TwinlaneClient({ server: relay.url, token: 'wrong' }).environments();
  await expect(refused).rejects.toMatchObject({ code: 'TOKEN_REFUSED' });
});
