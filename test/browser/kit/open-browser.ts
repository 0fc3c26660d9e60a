import { existsSync } from 'node:fs';
import { type Browser, chromium, type LaunchOptions } from 'playwright-core';
import { CHROMIUM } from './chromium.js';

const BUILT = new URL('../../../dist/console/index.html', import.meta.url);

/**
 * Chromium without a window.
 *
 * @param options more than what every test needs
 * @throws where it, or the built console, is missing
 */
export async function openBrowser({ args = [], ...options }: LaunchOptions = {}): Promise<Browser> {
  if (CHROMIUM === undefined)
    throw new Error('There is no Chromium: run test/browser/install-chromium.sh, or name one in CHROMIUM_PATH.');
  if (!existsSync(BUILT)) throw new Error('The console is not built: npm run build.');
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      // Its sandbox is not for root, as which tests run in containers.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      // Containers have little of what it would take instead.
      '--disable-dev-shm-usage',
      ...args,
    ],
    ...options,
  });
}
