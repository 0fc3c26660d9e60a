import { readFileSync } from 'node:fs';

/** As in `package.json`, which stands as far above `dist/cli` as above `src/cli`. */
export function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
