import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';

/** For each step, far below the timeout of a test, so that it says what it waited for. In ms. */
const PATIENCE_MS = 90_000;

/** How many times slower than it is a page is made, to see that no test leans on time: `BROWSER_SLOWER=10`. */
const SLOWER = Number(process.env['BROWSER_SLOWER'] ?? 1);

/** Desks and phones. */
export const DESK = { viewport: { width: 1280, height: 800 } } as const;
export const PHONE = {
  viewport: { width: 360, height: 740 },
  isMobile: true,
  hasTouch: true,
  deviceScaleFactor: 2,
} as const;

const axeFile = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
let axeSource: Promise<string> | undefined;

interface AxeResult {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
}

/** A page in a browser of somebody's own, with everything that went wrong in it. */
export class WatchedPage {
  /** What the browser's console said as an error, exceptions nobody caught, and what the Content-Security-Policy refused. */
  readonly troubles: string[] = [];
  /** Where requests went. */
  readonly requested: string[] = [];

  private constructor(
    private readonly context: BrowserContext,
    readonly page: Page,
  ) {
    page.on('console', (message) => {
      if (message.type() === 'error') this.troubles.push(message.text());
    });
    page.on('pageerror', (error) => this.troubles.push(String(error)));
    page.on('request', (request) => this.requested.push(request.url()));
    page.on('websocket', (socket) => this.requested.push(socket.url()));
  }

  /** @param options such as `DESK`, `PHONE`, `colorScheme` */
  static async open(browser: Browser, options: BrowserContextOptions = DESK): Promise<WatchedPage> {
    const context = await browser.newContext(options);
    context.setDefaultTimeout(PATIENCE_MS);
    const watched = new WatchedPage(context, await context.newPage());
    if (SLOWER > 1) {
      const session = await context.newCDPSession(watched.page);
      await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
    }
    await context.exposeFunction('twinlaneViolation', (text: string) => watched.troubles.push(text));
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile }) => {
        const { twinlaneViolation: tell } = globalThis as unknown as { twinlaneViolation: (text: string) => void };
        tell(`${violatedDirective} refused ${blockedURI} (${sourceFile})`);
      });
    });
    return watched;
  }

  /** Keys that count as a pair only when one soon follows the other: however busy the page is, both are on their way at once. */
  async inARow(...keys: readonly string[]): Promise<void> {
    await Promise.all(keys.map((key) => this.page.keyboard.press(key)));
  }

  /** What axe has against the page as it is now, each with the element; nothing is as it should be. */
  async axe(): Promise<readonly string[]> {
    const source = await (axeSource ??= readFile(axeFile, 'utf8'));
    // Colours that are still on their way are neither of the two.
    await this.page.evaluate(() => {
      // What blinks or turns has no end to wait for.
      const ending = document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity);
      return Promise.all(ending.map((one) => one.finished.catch(() => undefined)));
    });
    await this.page.evaluate(source);
    const { violations } = await this.page.evaluate(
      async () => (await (globalThis as unknown as { axe: { run(): Promise<unknown> } }).axe.run()) as AxeResult,
    );
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  }

  /** How far the page is wider than what one sees, in px; 0 is as it should be. */
  sideways(): Promise<number> {
    return this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  }

  /** Nothing went wrong, and nothing was asked of anybody but the relay. */
  expectNoTroubles(relay: string): void {
    expect(this.troubles).toEqual([]);
    const { host } = new URL(relay);
    expect(this.requested.filter((url) => /^(http|ws)/.test(url) && new URL(url).host !== host)).toEqual([]);
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}
