import type { Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FaultProxy } from '../kit/fault-proxy.js';
import { RawSocket } from '../kit/raw-socket.js';
import { TOKEN, type TwinlaneOptions } from '../kit/twinlane.js';
import { SKIPPED } from './kit/chromium.js';
import { ConsoleBench } from './kit/console-bench.js';
import { beginConversation, give, inputOf } from './kit/conversation-steps.js';
import { PHONE, type WatchedPage } from './kit/watched-page.js';

/** Sockets of the page; what it asks over REST goes on. */
const SOCKETS = { path: /\/ws$/ };

/** Events of one conversation that a relay with a short memory keeps. */
const FEW_EVENTS = 12;

/** How many frames in a row must look the same for a page to have come to rest. */
const FRAMES_AT_REST = 10;

/** Until nothing moves any more by itself: rows are measured once they are drawn. */
async function layoutAtRest(page: Page): Promise<unknown> {
  let [layout, same] = [await layoutOf(page), 0];
  while (same < FRAMES_AT_REST) {
    await page.evaluate(() => new Promise(requestAnimationFrame));
    const next = await layoutOf(page);
    same = JSON.stringify(next) === JSON.stringify(layout) ? same + 1 : 0;
    layout = next;
  }
  return layout;
}

/** Where what is drawn of a conversation stands, in px, and what tells a page from the same one loaded again. */
async function layoutOf(page: Page): Promise<unknown> {
  return page.evaluate(() => {
    const box = (element: Element): string => {
      const { x, y, width, height } = element.getBoundingClientRect();
      return [x, y, width, height].map((side) => side.toFixed(1)).join(' ');
    };
    return {
      since: performance.timeOrigin,
      lines: [...document.querySelectorAll('.virtual-list__row, .line-list__line')].map(
        (line) => `${box(line)} ${line.textContent}`,
      ),
      composer: [...document.querySelectorAll('.composer, .composer__text')].map(box),
    };
  });
}

describe.skipIf(SKIPPED !== undefined)('what a break of the connection does to a page', () => {
  let bench: ConsoleBench;
  let proxy: FaultProxy;
  let closing: (() => unknown)[];
  beforeEach(() => {
    closing = [];
  });
  afterEach(async () => {
    for (const close of closing.toReversed()) await close();
  });

  async function start(options: TwinlaneOptions = {}): Promise<void> {
    bench = await ConsoleBench.start({ listener: { mode: 'unrestricted' }, ...options });
    closing.push(() => bench.close());
    proxy = await FaultProxy.start(bench.url);
    closing.push(() => proxy.stop());
  }

  /** In front of the environments, through the proxy. */
  async function visitor(options?: Parameters<ConsoleBench['visitor']>[0]): Promise<WatchedPage> {
    const one = await bench.visitor(options);
    await one.page.goto(`${proxy.url}/#token=${TOKEN}`);
    await one.page.getByRole('link', { name: /laptop/ }).waitFor();
    return one;
  }

  /** Until the page has noticed. @returns what lets it back in */
  async function cut(page: Page): Promise<() => void> {
    const heal = proxy.rule({ match: SOCKETS, action: { do: 'refuse' } });
    expect(proxy.now({ do: 'cut' }, SOCKETS)).toBeGreaterThan(0);
    await page.getByRole('banner').getByText('Reconnecting').waitFor();
    await page.getByText(/Not connected to the relay \(/).waitFor();
    return heal;
  }

  const back = (page: Page) => page.getByRole('banner').getByText('Connected', { exact: true }).waitFor();

  const toConnection = (page: Page) =>
    page
      .getByRole('navigation', { name: 'Views of laptop' })
      .getByRole('link', { name: 'Connection', exact: true })
      .click();

  it.each([
    ['on a desk', undefined],
    ['on a phone', PHONE],
  ])(
    'C01 moves nothing, and neither does its end; what was said meanwhile comes, and it says so: %s',
    async (_name, options) => {
      await start();
      const one = await visitor(options);
      const { page } = one;
      await page.getByRole('link', { name: /laptop/ }).click();
      await page.getByRole('button', { name: options ? 'New' : 'New conversation', exact: true }).click();
      await page.getByText('Nothing was asked here yet').waitFor();
      const say = async (text: string): Promise<void> => {
        await inputOf(page).fill(text);
        await page.getByRole('button', { name: 'Send' }).click();
      };
      await say('seq 1 30');
      await page.getByText(/^Done/).waitFor();
      await inputOf(page).fill('what is being typed');
      const before = await layoutAtRest(page);
      const heal = await cut(page);
      expect(await layoutOf(page)).toEqual(before);
      expect([await one.axe(), await one.sideways()]).toEqual([[], 0]);
      heal();
      await back(page);
      await page.getByText(/Not connected to the relay \(/).waitFor({ state: 'detached' });
      expect(await layoutOf(page)).toEqual(before);
      expect(await inputOf(page).inputValue()).toBe('what is being typed');
      await toConnection(page);
      await page
        .getByRole('listitem')
        .filter({ hasText: /^.*Resumed.*exactly where it broke: nothing was lost\./ })
        .waitFor();
    },
  );

  it('C33 is told as a gap where what was said meanwhile is kept no longer', async () => {
    await start({ relay: { history: { maxEventsPerRuntime: FEW_EVENTS } } });
    const { page } = await visitor();
    await beginConversation(page);
    await give(page, 'echo before');
    await page.getByText(/^Done/).waitFor();
    const heal = await cut(page);
    // Somebody else goes on in the same conversation, for longer than the relay remembers.
    const [, conversation_id = ''] = /conversation\/([^/]+)/.exec(page.url()) ?? [];
    const other = await bench.twinlane.attach({ agent_id: null, conversation_id });
    for (let turn = 0; turn < FEW_EVENTS; turn++) for await (const _ of await other.turn(`echo ${turn}`));
    heal();
    await back(page);
    await page.getByText(/^Events \d+ to \d+ did not come/).waitFor();
    await toConnection(page);
    const incidents = page.getByRole('region', { name: 'What happened while this page was open' });
    await incidents.getByText(/with a gap: events \d+ to \d+ did not come/).waitFor();
    expect(await incidents.getByText(/nothing was lost/).count()).toBe(0);
  });

  it('shows what the stream carried, and what is not acknowledged', async () => {
    await start();
    const one = await bench.visitor();
    const { page } = one;
    // A page that is too busy to acknowledge: what it would do a few ms later waits.
    await page.addInitScript(() => {
      const later = globalThis.setTimeout;
      const held: (() => void)[] = [];
      const hold = { on: false, release: () => held.splice(0).forEach((run) => run()) };
      const timeout = (run: () => void, ms?: number): unknown =>
        hold.on && ms === 5 ? held.push(run) : later(run, ms);
      Object.assign(globalThis, { hold, setTimeout: timeout });
    });
    const hold = (on: boolean): Promise<void> =>
      page.evaluate((is) => {
        const { hold: it } = globalThis as unknown as { hold: { on: boolean; release: () => void } };
        it.on = is;
        if (!is) it.release();
      }, on);
    await page.goto(bench.link());
    await page.getByRole('link', { name: /laptop/ }).click();
    await page.getByRole('link', { name: 'Terminal' }).click();
    const rows = page.locator('.xterm-rows');
    await rows.getByText(/[$#%]/).first().waitFor();
    await hold(true);
    await page.keyboard.type('seq 1 300; echo $((6*7))th\n');
    await rows.getByText('42th').first().waitFor();
    await toConnection(page);
    const figures = page.locator('.connection__numbers');
    await figures.getByText(/^[1-9].* unacknowledged$/).waitFor();
    await hold(false);
    await figures.getByText('0 B unacknowledged').waitFor();
    await page.getByText('The same in numbers').click();
    await page
      .getByRole('cell', { name: /^[1-9].*B\/s$/ })
      .first()
      .waitFor();
    one.expectNoTroubles(bench.url);
  });

  it('of a listener on a plain link it promises nothing that nobody keeps', async () => {
    await start();
    const answer = await fetch(`${bench.url}/v1/environments/register`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ deviceId: 'old-device', connectionName: 'old' }),
    });
    const { wsUrl } = (await answer.json()) as { readonly wsUrl: string };
    const device = await RawSocket.open(wsUrl, { token: TOKEN });
    closing.push(() => device.ws.terminate());
    const one = await bench.signedIn();
    const { page } = one;
    await page.getByRole('link', { name: /old/ }).click();
    await page.getByRole('navigation', { name: 'Views of old' }).getByRole('link', { name: 'Connection' }).click();
    await page.getByRole('heading', { name: 'Connected', exact: true }).waitFor();
    await page.getByText('one socket for both channels; plain').waitFor();
    await page.getByText(/when that breaks, what is on its way may be lost/).waitFor();
    device.ws.terminate();
    await page.getByRole('heading', { name: /the link of the listener broke/ }).waitFor();
    await page.getByText(/what was on its way is perhaps lost/).waitFor();
    await page
      .getByRole('status')
      .getByText(/and what was on its way may be lost/)
      .waitFor();
    expect(await page.getByText(/nothing is lost/).count()).toBe(0);
    expect(await one.axe()).toEqual([]);
    one.expectNoTroubles(bench.url);
  });
});
