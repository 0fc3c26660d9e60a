import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, it } from 'vitest';
import { DemoWorld } from './demo-world.js';
import { takeFilm, takePicture } from './pictures.js';

const DESK: BrowserContextOptions = { viewport: { width: 1200, height: 780 }, reducedMotion: 'reduce' };
const FILM: BrowserContextOptions = { ...DESK, viewport: { width: 960, height: 640 } };
const PHONE: BrowserContextOptions = {
  ...DESK,
  viewport: { width: 390, height: 780 },
  isMobile: true,
  hasTouch: true,
  deviceScaleFactor: 2,
};
const ASKED = 'Prices with a discount are rounded wrong. Find out why and mend it.';

let world: DemoWorld;
let shop: string;
beforeAll(async () => {
  world = await DemoWorld.start();
  shop = await world.shop();
});
afterAll(() => world?.close());

/** A page of the environment, in a browser of its own. */
async function inShop(place: string, options: BrowserContextOptions): Promise<Page> {
  const { page } = await world.visitor(options);
  await page.goto(`${world.url}/#/e/${shop}/${place}`);
  return page;
}

const allow = (page: Page) => page.getByRole('button', { name: /^Allow/ }).first();

/** Hands in what is to be done, and sees what is asked first. */
async function ask(page: Page): Promise<void> {
  await page.getByRole('textbox').fill(ASKED);
  await page.getByRole('button', { name: 'Send' }).click();
  await allow(page).waitFor();
}

it('a turn with approvals, as a film', async () => {
  const page = await inShop('conversation/discounts', { ...FILM, colorScheme: 'light' });
  const input = page.getByRole('textbox');
  await input.waitFor();
  await takeFilm(page, 'turn', async () => {
    await input.pressSequentially(ASKED, { delay: 12 });
    await page.keyboard.press('Enter');
    for (const what of ['Math.round', 'node test/run.js']) {
      await page.locator('[data-asks]').getByText(what).first().waitFor();
      // As long as it takes to read.
      await page.waitForTimeout(1_800);
      await allow(page).hover();
      await page.waitForTimeout(300);
      await allow(page).click();
    }
    await page.getByText('All six tests pass').waitFor();
    await page.waitForTimeout(1_000);
  });
});

it('a question, in the dark, and the same on a phone', async () => {
  await world.resetShop();
  const page = await inShop('conversation/rounding', { ...DESK, colorScheme: 'dark' });
  await ask(page);
  await allow(page).hover();
  await takePicture(page, 'approval-dark');
  const phone = await inShop('conversation/rounding', { ...PHONE, colorScheme: 'light' });
  await allow(phone).waitFor();
  await takePicture(phone, 'approval-phone');
  await allow(page).click();
  await page.locator('[data-asks]').getByText('node test/run.js').first().waitFor();
  await allow(page).click();
  await page.getByText('All six tests pass').waitFor();
  await page.emulateMedia({ colorScheme: 'light' });
  await takePicture(page, 'conversation');
});

it('files, and where they are edited', async () => {
  const page = await inShop('files/src/cart.js', { ...DESK, colorScheme: 'light' });
  await page.locator('.tok-keyword').first().waitFor();
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.locator('.cm-content').click();
  await page.keyboard.press('Control+Home');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.type("import { formatted } from './prices.js';");
  await takePicture(page, 'files');
});

it('a terminal', async () => {
  const page = await inShop('terminal', { ...DESK, colorScheme: 'dark' });
  await page.locator('.xterm-rows').getByText('$').first().waitFor();
  await page.keyboard.type('git status --short && node test/run.js\n');
  await page.locator('.xterm-rows').getByText('none failed').waitFor();
  await takePicture(page, 'terminal-dark');
  await page.setViewportSize({ width: 390, height: 780 });
});

it('environments, and the way to one of them', async () => {
  const { page } = await world.visitor({ ...DESK, colorScheme: 'light' });
  await takePicture(page, 'environments');
  const { page: phone } = await world.visitor({ ...PHONE, colorScheme: 'dark' });
  await takePicture(phone, 'environments-phone-dark');
});

it('the connection, with something to measure', async () => {
  await world.resetShop();
  const all = { width: 1200, height: 1000 };
  const page = await inShop('conversation/measured', { ...DESK, viewport: all, colorScheme: 'light' });
  // What the stream carries is that of a turn.
  await ask(page);
  await allow(page).click();
  await page.locator('[data-asks]').getByText('node test/run.js').first().waitFor();
  await allow(page).click();
  await page.getByText('All six tests pass').waitFor();
  await page.getByRole('link', { name: 'Connection', exact: true }).click();
  // The quiet after it.
  await page.waitForTimeout(20_000);
  await takePicture(page, 'connection');
});
