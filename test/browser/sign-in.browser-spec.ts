import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TOKEN } from '../kit/twinlane.js';
import { ConsoleBench } from './kit/console-bench.js';
import { SKIPPED } from './kit/chromium.js';
import { beginConversation, give, inputOf } from './kit/conversation-steps.js';
import { DESK, PHONE } from './kit/watched-page.js';

async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Account' }).click();
  const again = page.waitForEvent('load');
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await again;
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
}

describe.skipIf(SKIPPED !== undefined)(`in a browser${SKIPPED === undefined ? '' : ` (skipped: ${SKIPPED})`}`, () => {
  let bench: ConsoleBench;
  beforeAll(async () => {
    bench = await ConsoleBench.start();
  });
  afterEach(() => bench?.leave());
  afterAll(() => bench?.close());

  it('the link signs in, its token leaves the address, a reload keeps the session, and signing out ends it', async () => {
    const visitor = await bench.visitor();
    const { page } = visitor;
    await page.goto(bench.link());
    await page.getByRole('link', { name: /laptop/ }).waitFor();
    expect(page.url()).not.toContain(TOKEN);
    expect(await page.evaluate(() => Object.values(localStorage).join() + document.cookie)).not.toContain(TOKEN);
    await page.reload();
    await page.getByRole('link', { name: /laptop/ }).waitFor();
    expect(await page.title()).toBe('Environments · Twinlane');
    await signOut(page);
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    visitor.expectNoTroubles(bench.url);
  });

  it('a token can be typed; a wrong one is told why', async () => {
    const { page } = await bench.visitor();
    await page.goto(bench.url);
    await page.getByLabel('Token').fill('not-a-token-at-all');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    await page.getByLabel('Token').fill(TOKEN);
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: /laptop/ }).waitFor();
  });

  it('a session whose token is revoked ends in front of everybody, and says so', async () => {
    const client = bench.twinlane.client();
    const { id, token } = await client.administration.createToken({ name: 'ada', role: 'client' });
    const { page } = await bench.signedIn(DESK, token);
    await client.administration.revokeToken(id);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await page.getByRole('alert').textContent()).toContain('revoked');
  });

  it('whoever signs out leaves nothing of what they typed, in any tab', async () => {
    const visitor = await bench.signedIn();
    const { page } = visitor;
    await beginConversation(page);
    await give(page, 'echo a secret of mine');
    await page.getByText(/^Done/).waitFor();
    const other = await page.context().newPage();
    await other.goto(page.url());
    await give(other, 'echo another secret');
    await other.getByText(/^Done/).nth(1).waitFor();
    const isKept = (one: Page): Promise<boolean> =>
      one.evaluate(() =>
        JSON.stringify([Object.values(sessionStorage), Object.values(localStorage)]).includes('secret'),
      );
    expect([await isKept(page), await isKept(other)]).toEqual([true, true]);
    await inputOf(other).fill('a draft');
    await signOut(page);
    await other.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect([await isKept(page), await isKept(other)]).toEqual([false, false]);
    // The same person again: what was typed was theirs, and is gone all the same.
    await page.goto(bench.link());
    await page.getByText(/^Done/).first().waitFor();
    await inputOf(page).press('ArrowUp');
    expect(await inputOf(page).inputValue()).toBe('');
    visitor.expectNoTroubles(bench.url);
  });

  it('the link of somebody else takes no session away without a question; refused, nothing has changed', async () => {
    const { id, token } = await bench.twinlane.client().administration.createToken({ name: 'ada', role: 'client' });
    const visitor = await bench.signedIn();
    const { page } = visitor;
    await beginConversation(page);
    await inputOf(page).fill('what is being typed');
    const place = page.url();
    const mine = await page.evaluate(() => Object.values(localStorage));
    const follow = () => page.evaluate((secret) => (location.hash = `#token=${secret}`), token);
    const dialog = page.getByRole('dialog', { name: 'Sign in as somebody else?' });
    for (const refuse of [
      () => page.keyboard.press('Escape'),
      () => dialog.getByRole('button', { name: 'Stay Operator' }).click(),
    ]) {
      await follow();
      await dialog.getByText('ada', { exact: true }).waitFor();
      expect(await dialog.getByText(/of organisation default/).count()).toBe(2);
      expect([await visitor.axe(), await visitor.sideways()]).toEqual([[], 0]);
      await refuse();
      await dialog.waitFor({ state: 'detached' });
      expect(page.url()).toBe(place);
      expect(await inputOf(page).inputValue()).toBe('what is being typed');
    }
    // A page that is opened with it asks, too.
    const opened = await page.context().newPage();
    await opened.goto(bench.link(token));
    await opened.getByRole('dialog').getByRole('button', { name: 'Stay Operator' }).click();
    await opened.getByRole('link', { name: 'Administration' }).waitFor();
    expect(await page.evaluate(() => Object.values(localStorage))).toEqual(mine);
    const again = page.waitForEvent('load');
    await follow();
    await dialog.getByRole('button', { name: 'Sign in as ada' }).click();
    await again;
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByText('ada', { exact: true }).waitFor();
    expect(page.url()).not.toContain(token);
    expect(await page.evaluate(() => [...Object.values(localStorage), sessionStorage.length])).toEqual([id, 0]);
    // The page that was opened first is of the one who is gone: it has stopped, and goes on as the other one when told to.
    await opened.getByRole('heading', { name: 'Signed in as somebody else' }).waitFor();
    await opened.getByRole('button', { name: 'Go on as the other one' }).click();
    await opened.getByRole('link', { name: /laptop/ }).waitFor();
    expect(await opened.getByRole('link', { name: 'Administration' }).count()).toBe(0);
    visitor.expectNoTroubles(bench.url);
  });

  it('a session that was changed below the page is noticed when somebody comes back to it', async () => {
    const { token } = await bench.twinlane.client().administration.createToken({ name: 'eve', role: 'client' });
    const visitor = await bench.signedIn();
    const { page } = visitor;
    await page.getByRole('link', { name: /laptop/ }).waitFor();
    // Without a word to other tabs, as a server on another port of the host could.
    await page.evaluate(async (secret) => {
      await fetch('./v1/session', { method: 'POST', headers: { authorization: `Bearer ${secret}` } });
      dispatchEvent(new Event('focus'));
    }, token);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await page.getByRole('alert').textContent()).toContain('not yours any more');
    visitor.expectNoTroubles(bench.url);
  });

  it('by keys alone: into the list, into an environment, through its tabs, and back', async () => {
    const visitor = await bench.signedIn();
    const { page } = visitor;
    await page.getByRole('link', { name: /laptop/ }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'laptop' }).waitFor();
    await page.waitForFunction(() => document.activeElement?.tagName === 'H1');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await visitor.inARow('g', 'e');
    await page.getByRole('heading', { name: 'Environments' }).waitFor();
    visitor.expectNoTroubles(bench.url);
  });

  it.each([
    ['light', { ...DESK, colorScheme: 'light' }],
    ['dark', { ...DESK, colorScheme: 'dark' }],
    ['on a phone', { ...PHONE, colorScheme: 'light' }],
    ['on a phone, dark', { ...PHONE, colorScheme: 'dark' }],
  ] as const)('every page is accessible, and none is too wide: %s', async (_name, options) => {
    const visitor = await bench.visitor(options);
    const { page } = visitor;
    await page.goto(bench.url);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.getByText('Where do I get one?').click();
    expect([await visitor.axe(), await visitor.sideways()]).toEqual([[], 0]);
    await page.getByLabel('Token').fill(TOKEN);
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: /laptop/ }).waitFor();
    expect([await visitor.axe(), await visitor.sideways()]).toEqual([[], 0]);
    await page.getByRole('button', { name: 'Account' }).click();
    await page.locator('[role=menuitem]:focus').waitFor();
    expect(await visitor.axe()).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('menuitem', { name: 'Sign out' }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Keys' }).click();
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    expect([await visitor.axe(), await visitor.sideways()]).toEqual([[], 0]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: /laptop/ }).click();
    await page.getByRole('navigation', { name: 'Views of laptop' }).waitFor();
    expect([await visitor.axe(), await visitor.sideways()]).toEqual([[], 0]);
    visitor.expectNoTroubles(bench.url);
  });
});
