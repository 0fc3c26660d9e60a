import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Presence } from '../../src/relay/environments/presence.js';
import { RoutingService } from '../../src/relay/routing/routing.service.js';
import { FaultProxy } from '../kit/fault-proxy.js';
import { startListener, TOKEN, type Twinlane } from '../kit/twinlane.js';
import { SKIPPED } from './kit/chromium.js';
import { ConsoleBench } from './kit/console-bench.js';
import { beginConversation, give, inputOf } from './kit/conversation-steps.js';
import { DESK } from './kit/watched-page.js';

/** Its listener stops, and nobody waits the two minutes after which that counts. */
async function goOffline(twinlane: Twinlane): Promise<void> {
  const { relay, listener } = twinlane;
  const [environment] = await twinlane.client().environments();
  if (!environment) throw new Error('There is one.');
  await listener.close();
  relay.get(Presence, { strict: false }).offline(environment.id, 'lost', Date.now());
  relay.get(RoutingService, { strict: false }).markedOffline(environment.id);
}

describe.skipIf(SKIPPED !== undefined)(
  `who may do what in a conversation, and when${SKIPPED === undefined ? '' : ` (skipped: ${SKIPPED})`}`,
  () => {
    let bench: ConsoleBench;
    let closing: (() => unknown)[];
    beforeEach(() => {
      closing = [];
    });
    afterEach(async () => {
      for (const close of closing.toReversed()) await close();
      await bench?.close();
    });

    async function tokenWith(fields: object): Promise<string> {
      const answer = await fetch(`${bench.url}/v1/tokens`, {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'bob', role: 'client', ...fields }),
      });
      return ((await answer.json()) as { readonly token: string }).token;
    }

    it('shows the past of an environment that is offline, says why nothing can be sent, and goes on when it is back', async () => {
      bench = await ConsoleBench.start({ listener: { mode: 'unrestricted' } });
      const ada = await bench.signedIn();
      await beginConversation(ada.page);
      await give(ada.page, 'echo before');
      await ada.page.getByText(/^Done/).waitFor();
      await goOffline(bench.twinlane);
      // Somebody comes who has never seen it, and somebody is still there.
      const bob = await bench.signedIn();
      await bob.page.goto(ada.page.url());
      for (const { page } of [ada, bob]) {
        await page.getByPlaceholder(/environment is offline; nothing can be sent/).waitFor();
        expect(await inputOf(page).isDisabled()).toBe(true);
        await page.getByRole('group', { name: 'Output' }).getByText('before').waitFor();
        await page.getByText(/^Done/).waitFor();
      }
      expect(await bob.axe()).toEqual([]);
      const { url: server, workspace } = bench.twinlane;
      const later = await startListener({ server, workspace, mode: 'unrestricted' });
      closing.push(() => later.close());
      await give(bob.page, 'echo after');
      for (const { page } of [ada, bob]) {
        await page.getByRole('group', { name: 'Output' }).getByText('after').waitFor();
        await page.getByText(/^Done/).nth(1).waitFor();
        expect(await page.getByRole('group', { name: 'Output' }).allInnerTexts()).toEqual(['before', 'after']);
      }
      for (const visitor of [ada, bob]) visitor.expectNoTroubles(bench.url);
    });

    it('a token that may only watch sees all of it, and steers nothing', async () => {
      bench = await ConsoleBench.start({ listener: { mode: 'standard' } });
      const ada = await bench.signedIn();
      await beginConversation(ada.page);
      await give(ada.page, 'echo seen');
      await ada.page.getByRole('button', { name: /^Allow/ }).waitFor();
      const bob = await bench.signedIn(DESK, await tokenWith({ access: 'watch' }));
      const { page } = bob;
      await page.goto(ada.page.url());
      await page.getByText('This waits for somebody whose token may approve.').waitFor();
      await page.getByPlaceholder('Your token may watch, and not steer.').waitFor();
      expect(await inputOf(page).isDisabled()).toBe(true);
      for (const name of ['New conversation', 'Attach files', 'Send'])
        expect(await page.getByRole('button', { name, exact: true }).isDisabled()).toBe(true);
      for (const name of [/^Allow/, /^Deny/, /^Abort/, /^Permission mode/, /^Go to it/])
        expect(await page.getByRole('button', { name }).count()).toBe(0);
      // Nor by key.
      await page.getByRole('log', { name: 'Transcript' }).focus();
      for (const key of ['g', 'a', 'a', 'd', 'n', 'Escape', 'Escape']) await page.keyboard.press(key);
      expect(await bob.axe()).toEqual([]);
      await ada.page.getByRole('button', { name: /^Allow/ }).click();
      for (const { page: one } of [ada, bob]) {
        await one.getByText(/^Done/).waitFor();
        await one.getByRole('group', { name: 'Output' }).getByText('seen').waitFor();
      }
      for (const visitor of [ada, bob]) visitor.expectNoTroubles(bench.url);
    });

    it('a token that steers and may not approve hands in what another one has to allow', async () => {
      bench = await ConsoleBench.start({ listener: { mode: 'standard' } });
      const bob = await bench.signedIn(DESK, await tokenWith({ access: 'steer' }));
      const { page } = bob;
      await beginConversation(page);
      await give(page, 'echo handed in');
      await page.getByText('This waits for somebody whose token may approve.').waitFor();
      for (const name of [/^Allow/, /^Deny/, /^Go to it/])
        expect(await page.getByRole('button', { name }).count()).toBe(0);
      // Nor by key.
      await page.getByRole('log', { name: 'Transcript' }).focus();
      for (const key of ['g', 'a', 'a', 'd']) await page.keyboard.press(key);
      expect(await bob.axe()).toEqual([]);
      // What it steers goes on meanwhile: the queue, and the end of a turn.
      await give(page, 'echo waits');
      await page.getByText('1. in the queue').waitFor();
      await page.getByRole('button', { name: 'Take it out of the queue' }).click();
      await page.getByText('1. in the queue').waitFor({ state: 'detached' });
      const ada = await bench.signedIn();
      await ada.page.goto(page.url());
      await ada.page.getByRole('button', { name: /^Allow/ }).click();
      await page.getByText(/^Done/).waitFor();
      await page.getByRole('group', { name: 'Output' }).getByText('handed in').waitFor();
      await give(page, 'echo never');
      await page.getByText('This waits for somebody whose token may approve.').waitFor();
      await page.getByRole('button', { name: /^Abort/ }).click();
      await page.getByText(/^Aborted/).waitFor();
      for (const visitor of [ada, bob]) visitor.expectNoTroubles(bench.url);
    });

    it('two answers on their way at once: one counts, and the other page says whose it was not', async () => {
      bench = await ConsoleBench.start({ listener: { mode: 'standard' } });
      const proxy = await FaultProxy.start(bench.url);
      closing.push(() => proxy.stop());
      const visitors = [await bench.visitor(), await bench.visitor()];
      const [ada, bob] = visitors.map(({ page }) => page);
      if (!ada || !bob) throw new Error('There are two.');
      for (const page of [ada, bob]) await page.goto(`${proxy.url}/#token=${TOKEN}`);
      await beginConversation(ada);
      await give(ada, 'echo ran');
      await bob.goto(ada.url());
      for (const page of [ada, bob]) await page.getByRole('button', { name: /^Allow/ }).waitFor();
      // What both send is held until both have answered: neither can know of the other.
      let release = (): void => {};
      const until = new Promise<void>((resolve) => (release = resolve));
      expect(proxy.now({ do: 'delay', until, direction: 'up' }, { path: /status\/ws/ })).toBeGreaterThanOrEqual(4);
      await ada.getByRole('button', { name: /^Allow/ }).click();
      await bob.getByRole('button', { name: /^Deny/ }).first().click();
      await ada.getByText('Allowing…').waitFor();
      await bob.getByText('Denying…').waitFor();
      release();
      const outcome = /^\s*(?:Allowed|Denied) (?:here|by another client)$/;
      const told = await Promise.all([ada, bob].map((page) => page.getByText(outcome).innerText()));
      expect(told.map((text) => text.trim())).toEqual(
        (await bob.getByText('Denied here').count()) === 1
          ? ['Denied by another client', 'Denied here']
          : ['Allowed here', 'Allowed by another client'],
      );
      for (const page of [ada, bob])
        await page
          .getByText(/^Done|what it needed was denied/)
          .first()
          .waitFor();
      for (const page of [ada, bob]) expect(await page.getByRole('button', { name: /^(Allow|Deny)/ }).count()).toBe(0);
    });

    it('says that the shell takes no files', async () => {
      bench = await ConsoleBench.start();
      const visitor = await bench.signedIn();
      const { page } = visitor;
      await beginConversation(page);
      const choosing = page.waitForEvent('filechooser');
      await page.getByRole('button', { name: 'Attach files' }).click();
      await (await choosing).setFiles({ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('a') });
      await page.getByText('a.txt').waitFor();
      await give(page, 'echo only this');
      await page.getByText(/The shell takes text only\. Left out: 1 resource\./).waitFor();
      await page.getByText(/^Done/).waitFor();
      // It is called as its first input begins.
      await page.locator('.conversation-list__entry').getByText('echo only this').waitFor();
      visitor.expectNoTroubles(bench.url);
    });
  },
);
