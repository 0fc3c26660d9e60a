// Chromium for a bench, as the tests use it: Debian's, or that of CHROMIUM_PATH.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { atExit } from './at-exit.mjs';

const PATH = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const VIEWPORT = { width: 1280, height: 800 };

/** @returns undefined where there is none */
export async function openBrowser() {
  if (!existsSync(PATH)) return undefined;
  const args = ['--disable-dev-shm-usage', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])];
  const browser = await chromium.launch({ executablePath: PATH, args });
  atExit(() => void browser.close());
  return browser;
}

/** A page of somebody who was never here, and what the browser knows of it. */
export async function openPage(browser, init) {
  const context = await browser.newContext({ viewport: VIEWPORT });
  await context.addInitScript(init);
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send('Performance.enable');
  return { page, devtools, close: () => context.close() };
}

/** What the main thread has worked, in seconds, and what it holds. */
export async function metricsOf(devtools) {
  const { metrics } = await devtools.send('Performance.getMetrics');
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
}

/** Bytes of JavaScript that are in use after collecting garbage. */
export async function heapBytes(devtools) {
  await devtools.send('HeapProfiler.collectGarbage');
  await devtools.send('HeapProfiler.collectGarbage');
  return (await devtools.send('Runtime.getHeapUsage')).usedSize;
}
