import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawSocket } from '../kit/raw-socket.js';
import { TOKEN } from '../kit/twinlane.js';
import { SKIPPED } from './kit/chromium.js';
import { ConsoleBench } from './kit/console-bench.js';
import { DESK, PHONE } from './kit/watched-page.js';

describe.skipIf(SKIPPED !== undefined)('the list of environments', () => {
  let bench: ConsoleBench;
  beforeAll(async () => {
    bench = await ConsoleBench.start();
  });
  afterAll(() => bench?.close());

  const connect = (wsUrl: string): Promise<RawSocket> => RawSocket.open(wsUrl, { token: TOKEN });

  it.each([
    ['on a desk', DESK, 'a'],
    ['on a phone', PHONE, 'b'],
  ] as const)('says why one is offline, as soon as it is: %s', async (_name, options, suffix) => {
    const visitor = await bench.signedIn(options);
    const { page } = visitor;
    const listener = async (name: string) => {
      const connectionName = `${name}-${suffix}`;
      const registered = await bench.register({ deviceId: `device-${connectionName}`, connectionName });
      const link = page.getByRole('link', { name: new RegExp(connectionName) });
      await link.filter({ hasText: 'registered' }).waitFor();
      return { ...registered, link };
    };
    const [goodbye, released] = [await listener('goodbye'), await listener('released')];
    const socket = await connect(goodbye.wsUrl);
    await connect(released.wsUrl);
    await goodbye.link.filter({ hasText: 'online' }).waitFor();
    await socket.close(1000);
    await goodbye.link.filter({ hasText: 'stopped' }).waitFor();
    await bench.ask(`/v1/environments/${released.connectionId}/release`);
    await released.link.filter({ hasText: /released (just now|\d+ \w+ ago)/ }).waitFor();
    expect([await visitor.axe(), await visitor.sideways()]).toEqual([[], 0]);
    await released.link.click();
    await page.getByText('An admin released it').waitFor();
    expect([await visitor.axe(), await visitor.sideways()]).toEqual([[], 0]);
    // What came meanwhile came as changes: the whole list was asked for once.
    expect(visitor.requested.filter((url) => /\/v1\/environments\?/.test(url))).toHaveLength(1);
    visitor.expectNoTroubles(bench.url);
  });

  it('shows a part of many, more where one wants more, and finds what it does not show', async () => {
    for (let n = 1; n <= 120; n++)
      await bench.register({ deviceId: `many-${n}`, connectionName: `many-${String(n).padStart(3, '0')}` });
    const visitor = await bench.signedIn();
    const { page } = visitor;
    const rows = page.getByRole('list', { name: 'Environments' }).getByRole('link');
    const more = page.getByRole('button', { name: /^Show \d+ more$/ });
    await more.waitFor();
    expect(await rows.count()).toBe(100);
    expect(await visitor.axe()).toEqual([]);
    await more.focus();
    await page.keyboard.press('Enter');
    await more.waitFor({ state: 'detached' });
    expect(await rows.count()).toBeGreaterThanOrEqual(121);
    // Whoever uses keys goes on from there.
    await page.waitForFunction(() => document.activeElement?.matches('.environments li:nth-child(101) a'));
    await page.keyboard.press('/');
    await page.keyboard.type('many-07');
    await page.waitForFunction(() => document.querySelectorAll('.environments a').length === 10);
    expect(await rows.allTextContents()).toEqual(
      expect.arrayContaining([expect.stringContaining('many-070'), expect.stringContaining('many-079')]),
    );
    visitor.expectNoTroubles(bench.url);
  });
});
