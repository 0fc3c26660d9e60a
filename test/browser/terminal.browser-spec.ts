import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FaultProxy } from '../kit/fault-proxy.js';
import { TOKEN } from '../kit/twinlane.js';
import { SKIPPED } from './kit/chromium.js';
import { ConsoleBench } from './kit/console-bench.js';
import { DESK, PHONE, type WatchedPage } from './kit/watched-page.js';

describe.skipIf(SKIPPED !== undefined)(
  `terminals, in a browser${SKIPPED === undefined ? '' : ` (skipped: ${SKIPPED})`}`,
  () => {
    let bench: ConsoleBench;
    let proxy: FaultProxy;

    beforeAll(async () => {
      bench = await ConsoleBench.start();
      proxy = await FaultProxy.start(bench.url);
    });
    afterEach(() => bench?.leave());
    afterAll(async () => {
      await bench?.close();
      await proxy?.stop();
    });

    /** @param url of the relay, as this browser reaches it */
    async function inTerminal(
      options: Parameters<ConsoleBench['visitor']>[0] = DESK,
      url = bench.url,
    ): Promise<WatchedPage> {
      const visitor = await bench.visitor(options);
      const { page } = visitor;
      await page.goto(`${url}/#token=${TOKEN}`);
      await page.getByRole('link', { name: /laptop/ }).click();
      await page.getByRole('link', { name: 'Terminal' }).click();
      await page.locator('.xterm-rows').getByText(/[$#%]/).first().waitFor();
      return visitor;
    }

    const rows = (page: Page) => page.locator('.xterm-rows');
    const shows = (page: Page, text: string) => rows(page).getByText(text).first().waitFor();

    /** A line of words, so that it is not what was typed that is seen. */
    async function run(page: Page, line: string): Promise<void> {
      await page.keyboard.type(line);
      await page.keyboard.press('Enter');
    }

    it('types, shows colours, follows the size of the page, and says how it ended', async () => {
      const visitor = await inTerminal();
      const { page } = visitor;
      // A colour of its own is a style, not a class: what a strict policy refuses as text.
      await run(page, String.raw`printf '\033[38;2;200;40;40mred-%s\033[0m\n' one`);
      await shows(page, 'red-one');
      // Rows are drawn anew while more is printed: what was found may be gone before it is looked at.
      const plain = await rows(page).evaluate((element) => getComputedStyle(element).color);
      const colour = () =>
        rows(page)
          .getByText('red-one')
          .last()
          .evaluate((element) => getComputedStyle(element).color);
      await expect
        .poll(colour, { timeout: 90_000 })
        .toSatisfy((is: string) => /^rgb\(\d+, \d+, \d+\)$/.test(is) && is !== plain);

      await run(page, 'echo width=$(stty size | cut -d" " -f2)=');
      await rows(page)
        .getByText(/width=\d+=/)
        .first()
        .waitFor();
      const before = /width=(\d+)=/.exec((await rows(page).textContent()) ?? '')?.[1];
      await page.setViewportSize({ width: 700, height: 600 });
      await run(page, 'clear');
      await expect
        .poll(
          async () => {
            await run(page, 'echo width=$(stty size | cut -d" " -f2)=');
            await rows(page)
              .getByText(/width=\d+=/)
              .first()
              .waitFor();
            return [...((await rows(page).textContent()) ?? '').matchAll(/width=(\d+)=/g)].at(-1)?.[1];
          },
          { timeout: 90_000, interval: 500 },
        )
        .not.toBe(before);

      await run(page, 'exit 3');
      await page.getByText('Ended with exit code 3.').waitFor();
      await page.getByRole('button', { name: 'Open another' }).click();
      await page.getByRole('button', { name: 'Terminal 2', exact: true }).waitFor();
      visitor.expectNoTroubles(bench.url);
    });

    it('goes on after both sockets were cut; what was typed meanwhile comes once', async () => {
      const visitor = await inTerminal(DESK, proxy.url);
      const { page } = visitor;
      await run(page, 'echo before-$((20+3))');
      await shows(page, 'before-23');
      const lift = proxy.rule({ match: { path: /status\/ws/ }, action: { do: 'refuse' } });
      proxy.now({ do: 'cut' }, { path: /status\/ws/ });
      await page.getByText('Not connected. The terminal goes on').waitFor();
      await page.locator('.xterm-helper-textarea').focus();
      await run(page, 'echo meanwhile-$((20+4))');
      await page.getByText(/\d+ characters are kept/).waitFor();
      lift();
      await shows(page, 'meanwhile-24');
      await page.getByText('Not connected. The terminal goes on').waitFor({ state: 'detached' });
      await run(page, 'echo after-$((20+5))');
      await shows(page, 'after-25');
      expect((await rows(page).textContent())?.match(/meanwhile-24/g)).toHaveLength(1);
    });

    it('several stand in tabs, and go on while other pages are shown', async () => {
      const visitor = await inTerminal();
      const { page } = visitor;
      await run(page, 'echo first-$((1+1))');
      await shows(page, 'first-2');
      await page.getByRole('button', { name: 'Another terminal' }).click();
      const second = page.getByRole('region', { name: 'Terminal 2' });
      await second.locator('.xterm-rows').getByText(/[$#%]/).first().waitFor();
      await run(page, 'echo second-$((1+2))');
      await shows(page, 'second-3');
      await page.getByRole('link', { name: 'Files' }).click();
      await page.getByRole('tree').waitFor();
      await page.getByRole('link', { name: 'Terminal' }).click();
      await shows(page, 'second-3');
      await page.getByRole('button', { name: 'Terminal 1', exact: true }).click();
      await shows(page, 'first-2');
      await page.getByRole('button', { name: 'End terminal 2' }).click();
      await page.getByRole('button', { name: 'End terminal 2' }).waitFor({ state: 'detached' });
      visitor.expectNoTroubles(bench.url);
    });

    it('C18 one that prints without end leaves the page usable, and hears Ctrl+C', async () => {
      const visitor = await inTerminal();
      const { page } = visitor;
      await run(page, 'yes flood');
      await shows(page, 'flood');
      await page.getByRole('button', { name: 'Keys in a terminal' }).click();
      await page.getByRole('dialog').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.locator('.xterm-helper-textarea').focus();
      await page.keyboard.press('Control+c');
      await run(page, 'echo calm-$((1+8))');
      await shows(page, 'calm-9');
      visitor.expectNoTroubles(bench.url);
    });

    it('go on when one leaves the environment, which the list says', async () => {
      const visitor = await inTerminal();
      const { page } = visitor;
      await run(page, 'echo stays-$((1+5))');
      await shows(page, 'stays-6');
      await page.getByRole('link', { name: 'All environments' }).click();
      await page.getByRole('link', { name: /laptop.*1 terminal open/ }).waitFor();
      expect(await visitor.axe()).toEqual([]);
      await page.getByRole('link', { name: /laptop/ }).click();
      await page.getByRole('link', { name: 'Terminal' }).click();
      await shows(page, 'stays-6');
      await run(page, 'echo and-on-$((1+6))');
      await shows(page, 'and-on-7');
      await page.getByRole('button', { name: 'End terminal 1' }).click();
      await page.getByRole('button', { name: 'Open a terminal' }).waitFor();
      await page.getByRole('link', { name: 'All environments' }).click();
      await page.getByRole('link', { name: /laptop/ }).waitFor();
      expect(await page.getByText('1 terminal open').count()).toBe(0);
      visitor.expectNoTroubles(bench.url);
    });

    it('says who may only watch that there is none for them', async () => {
      const { token } = await bench.twinlane
        .client()
        .administration.createToken({ name: 'eve', role: 'client', access: 'watch' });
      const visitor = await bench.signedIn(DESK, token);
      const { page } = visitor;
      await page.getByRole('link', { name: /laptop/ }).click();
      await page.getByRole('link', { name: 'Terminal' }).click();
      await page.getByText('No terminal for this token.').waitFor();
      expect(await page.locator('.xterm').count()).toBe(0);
      expect(await visitor.axe()).toEqual([]);
      visitor.expectNoTroubles(bench.url);
    });

    it('is read aloud to who wants that, also after a reload', async () => {
      const visitor = await inTerminal();
      const { page } = visitor;
      await page.getByRole('button', { name: 'Read aloud' }).click();
      await page.locator('.xterm-accessibility').waitFor({ state: 'attached' });
      await page.locator('.xterm-helper-textarea').focus();
      await run(page, 'echo heard-$((1+7))');
      await page
        .locator('.xterm-accessibility [role=listitem]')
        .getByText('heard-8')
        .first()
        .waitFor({ state: 'attached' });
      expect(await visitor.axe()).toEqual([]);
      await page.reload();
      await page.locator('.xterm-accessibility').waitFor({ state: 'attached' });
      await page.getByRole('button', { name: 'Read aloud', pressed: true }).click();
      await page.locator('.xterm-accessibility').waitFor({ state: 'detached' });
      visitor.expectNoTroubles(bench.url);
    });

    it('pastes as that, copies, and lets go of the keyboard', async () => {
      const visitor = await inTerminal({ ...DESK, permissions: ['clipboard-read', 'clipboard-write'] });
      const { page } = visitor;
      await page.evaluate(() => navigator.clipboard.writeText('echo pasted-$((1+3))'));
      await page.keyboard.press('Control+Shift+v');
      await shows(page, 'echo pasted-');
      await page.keyboard.press('Enter');
      await shows(page, 'pasted-4');
      await expect
        .poll(
          async () => {
            await rows(page).getByText('pasted-4').first().dblclick({ force: true });
            await page.keyboard.press('Control+Shift+c');
            return page.evaluate(() => navigator.clipboard.readText());
          },
          { timeout: 90_000 },
        )
        .toContain('pasted-4');
      await page.keyboard.press('Control+Shift+x');
      await page.waitForFunction(() => document.activeElement?.closest('.terminal-tabs') !== null);
      visitor.expectNoTroubles(bench.url);
    });

    it('a phone has the keys that its keyboard lacks', async () => {
      const visitor = await inTerminal(PHONE);
      const { page } = visitor;
      // What comes in is shown as it is, by whatever shell: not each has a history to go up in.
      await run(page, "printf 'keys-%s\\n' $((1+2)); cat -v");
      await shows(page, 'keys-3');
      for (const [key, shown] of [
        ['Up', '^[[A'],
        ['Right', '^[[C'],
        ['Pipe', '|'],
      ] as const) {
        await page.getByRole('button', { name: key, exact: true }).tap();
        await shows(page, shown);
      }
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'Ctrl' }).tap();
      await page.keyboard.type('c');
      await shows(page, '^C');
      await run(page, 'echo after-$((1+4))');
      await shows(page, 'after-5');
      visitor.expectNoTroubles(bench.url);
    });

    it.each([
      ['light', { ...DESK, colorScheme: 'light' }],
      ['dark', { ...DESK, colorScheme: 'dark' }],
      ['on a phone', { ...PHONE, colorScheme: 'light' }],
      ['on a phone, dark', { ...PHONE, colorScheme: 'dark' }],
    ] as const)('is accessible, and not too wide: %s', async (_name, options) => {
      const visitor = await inTerminal(options);
      const { page } = visitor;
      expect([await visitor.axe(), await visitor.sideways()]).toEqual([[], 0]);
      await page.getByRole('button', { name: 'Keys in a terminal' }).click();
      await page.getByRole('dialog').waitFor();
      expect(await visitor.axe()).toEqual([]);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      visitor.expectNoTroubles(bench.url);
    });
  },
);
