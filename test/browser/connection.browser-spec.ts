import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FaultProxy } from '../kit/fault-proxy.js';
import { TOKEN } from '../kit/twinlane.js';
import { SKIPPED } from './kit/chromium.js';
import { ConsoleBench } from './kit/console-bench.js';
import { DESK, PHONE, type WatchedPage } from './kit/watched-page.js';

describe.skipIf(SKIPPED !== undefined)('how the page is connected', () => {
  let bench: ConsoleBench;
  let proxy: FaultProxy;
  beforeAll(async () => {
    bench = await ConsoleBench.start();
    proxy = await FaultProxy.start(bench.url);
  });
  afterAll(async () => {
    await proxy?.stop();
    await bench?.close();
  });

  /** In front of the connection of the one environment, through the proxy. */
  async function opened(options: Parameters<ConsoleBench['visitor']>[0]): Promise<WatchedPage> {
    const visitor = await bench.visitor(options);
    const { page } = visitor;
    await page.goto(`${proxy.url}/#token=${TOKEN}`);
    await page.getByRole('link', { name: /laptop/ }).click();
    await page
      .getByRole('navigation', { name: 'Views of laptop' })
      .getByRole('link', { name: 'Connection', exact: true })
      .click();
    await page.getByRole('heading', { name: 'Connected', exact: true }).waitFor();
    return visitor;
  }

  it('a drop is told at once, in words, and coming back needs no reload', async () => {
    const visitor = await opened(DESK);
    const { page } = visitor;
    await page.getByRole('img', { name: /round trip of control: median/ }).waitFor();
    const heal = proxy.rule({ match: { path: /\/ws/ }, action: { do: 'refuse' } });
    expect(proxy.now({ do: 'cut' }, { path: /\/ws/ })).toBeGreaterThan(0);
    await page.getByRole('heading', { name: 'The connection to the relay broke' }).waitFor();
    await page.getByText('What runs on the device runs on').waitFor();
    await page.getByRole('banner').getByText('Reconnecting').waitFor();
    expect(await visitor.axe()).toEqual([]);
    heal();
    await page.getByRole('heading', { name: 'Connected', exact: true }).waitFor();
    await page.getByText(/^Back after/).waitFor();
  });

  it.each([
    ['light', { ...DESK, colorScheme: 'light' }],
    ['on a phone, dark', { ...PHONE, colorScheme: 'dark' }],
  ] as const)('is accessible, and not too wide: %s', async (_name, options) => {
    const visitor = await opened(options);
    const { page } = visitor;
    await page.getByRole('img', { name: /round trip of control: median/ }).waitFor();
    await page.getByText('The same in numbers').click();
    await page.getByRole('cell', { name: /ms/ }).first().waitFor();
    expect([await visitor.axe(), await visitor.sideways()]).toEqual([[], 0]);
    visitor.expectNoTroubles(proxy.url);
  });
});
