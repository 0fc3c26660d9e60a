import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TOKEN } from '../kit/twinlane.js';
import { ConsoleBench } from './kit/console-bench.js';
import { SKIPPED } from './kit/chromium.js';
import { DESK, PHONE } from './kit/watched-page.js';

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
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
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

  it('the link of somebody else, pasted into an open page, begins the page again, and its token leaves the address', async () => {
    const { id, token } = await bench.twinlane.client().administration.createToken({ name: 'ada', role: 'client' });
    const { page } = await bench.signedIn();
    await page.getByRole('link', { name: /laptop/ }).waitFor();
    await page.evaluate(() => sessionStorage.setItem('input:env', 'typed before'));
    const again = page.waitForEvent('load');
    await page.evaluate((secret) => (location.hash = `#token=${secret}`), token);
    await again;
    await page.getByRole('link', { name: /laptop/ }).waitFor();
    expect(page.url()).not.toContain(token);
    expect(await page.evaluate(() => [...Object.values(localStorage), sessionStorage.length])).toEqual([id, 0]);
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByText('ada', { exact: true }).waitFor();
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
