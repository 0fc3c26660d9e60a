import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isEvent, type Attachment } from '../../src/client/index.js';
import { SKIPPED } from './kit/chromium.js';
import { ConsoleBench } from './kit/console-bench.js';
import { DESK, PHONE } from './kit/watched-page.js';

/** What the page does to a browser's notifications, kept for the test. */
interface Told {
  readonly title: string;
  click(): void;
}

/** A browser of which somebody allows notifications, and whose pages can be hidden. */
async function prepare(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const world = globalThis as unknown as { told: Told[]; asked: number; hide: () => void; Notification: unknown };
    world.told = [];
    world.asked = 0;
    let hidden = false;
    Object.defineProperty(document, 'hidden', { get: () => hidden });
    world.hide = () => {
      hidden = true;
      document.dispatchEvent(new Event('visibilitychange'));
    };
    world.Notification = class extends EventTarget {
      static permission = 'default';
      static async requestPermission(): Promise<string> {
        world.asked += 1;
        this.permission = 'granted';
        return 'granted';
      }
      constructor(readonly title: string) {
        super();
        world.told.push(this);
      }
      click(): void {
        this.dispatchEvent(new Event('click'));
      }
      close(): void {}
    };
  });
}

const told = (page: Page): Promise<string[]> =>
  page.evaluate(() => (globalThis as unknown as { told: Told[] }).told.map(({ title }) => title));
const toldOf = (page: Page, text: string): Promise<unknown> =>
  page.waitForFunction(
    (wanted) => (globalThis as unknown as { told: Told[] }).told.some(({ title }) => title.includes(wanted)),
    text,
  );

describe.skipIf(SKIPPED !== undefined)('notifications', () => {
  let bench: ConsoleBench;
  beforeAll(async () => {
    bench = await ConsoleBench.start({ listener: { mode: 'standard' } });
  });
  afterAll(() => bench?.close());

  it('what waits anywhere is counted in the title; a hidden page tells of approvals and finished turns of every environment, and a click leads there', async () => {
    const elsewhere = { deviceId: 'device-2', connectionName: 'attic' };
    await bench.register(elsewhere);
    const visitor = await bench.visitor(DESK);
    const { page } = visitor;
    await prepare(page);
    await page.goto(bench.link());
    await page.getByRole('link', { name: /attic/ }).click();
    const bell = page.getByRole('button', { name: 'Turn notifications on' });
    await bell.waitFor();
    expect(await page.evaluate(() => (globalThis as unknown as { asked: number }).asked)).toBe(0);
    await bell.click();
    await page.getByRole('button', { name: /Notifications are on/ }).waitFor();
    await page.waitForFunction(() => document.title.includes('attic'));
    expect(await visitor.axe()).toEqual([]);
    await page.evaluate(() => (globalThis as unknown as { hide: () => void }).hide());

    const attachment = await bench.twinlane.attach();
    const approval = await asked(attachment);
    await toldOf(page, 'laptop: an approval waits');
    await page.waitForFunction(() => document.title.startsWith('(1) '));
    expect(await page.locator('link[rel="icon"]').getAttribute('href')).toBe('./icon-waiting.svg');
    await attachment.answerApproval(approval, { behavior: 'deny', message: 'no' });
    await toldOf(page, 'laptop: the turn has finished');
    await page.waitForFunction(() => !document.title.startsWith('('));
    expect(await told(page)).toHaveLength(2);
    await page.evaluate(() => (globalThis as unknown as { told: Told[] }).told[0]?.click());
    await page.waitForURL(new RegExp(`conversation/${attachment.runtime?.conversation_id ?? ''}`));
    visitor.expectNoTroubles(bench.url);
  });

  it('the list of environments says where an approval waits, and has that one first', async () => {
    const attachment = await bench.twinlane.attach();
    const approval = await asked(attachment);
    const visitor = await bench.signedIn(PHONE);
    const { page } = visitor;
    const list = page.getByRole('list', { name: 'Environments' });
    await list.getByText('an approval waits').waitFor();
    expect(await list.getByRole('link').first().textContent()).toContain('laptop');
    expect([await visitor.axe(), await visitor.sideways()]).toEqual([[], 0]);
    await attachment.answerApproval(approval, { behavior: 'deny', message: 'no' });
    await list.getByText('an approval waits').waitFor({ state: 'detached' });
    visitor.expectNoTroubles(bench.url);
  });

  it('Chromium finds nothing that keeps the page from being installed', async () => {
    const { page } = await bench.signedIn();
    const session = await page.context().newCDPSession(page);
    const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
    const { errors } = await session.send('Page.getAppManifest');
    const notOurs = new Set(['in-incognito']);
    expect([installabilityErrors.filter(({ errorId }) => !notOurs.has(errorId)), errors]).toEqual([[], []]);
  });
});

/** Begins a turn that asks before it runs. @returns what it asks */
async function asked(attachment: Attachment): Promise<string> {
  for await (const event of await attachment.turn('echo hello > greeting.txt'))
    if (isEvent(event, 'control_request')) return event.request_id;
  throw new Error('it asked nothing');
}
