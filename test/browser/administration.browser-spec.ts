import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SKIPPED } from './kit/chromium.js';
import { ConsoleBench } from './kit/console-bench.js';
import { DESK, PHONE } from './kit/watched-page.js';

describe.skipIf(SKIPPED !== undefined)('administration', () => {
  let bench: ConsoleBench;
  beforeAll(async () => {
    bench = await ConsoleBench.start();
  });
  afterAll(() => bench?.close());

  it('a token is made, shown once, listed, and revoked after a question', async () => {
    const visitor = await bench.signedIn();
    const { page } = visitor;
    await page.getByRole('link', { name: 'Administration' }).click();
    await page.getByRole('button', { name: 'New token' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Name' }).fill('ada');
    await dialog.getByRole('textbox', { name: 'Environments' }).fill('lap*');
    await dialog.getByLabel('may approve what a turn asks for').check();
    expect(await visitor.axe()).toEqual([]);
    await dialog.getByRole('button', { name: 'Make token' }).click();
    const secret = await dialog.getByText(/^tl_/).textContent();
    const client = bench.twinlane.client(secret ?? '');
    expect(await client.session()).toMatchObject({ tokenName: 'ada', environments: ['lap*'], mayApprove: true });
    await dialog.getByRole('button', { name: 'Done' }).click();
    expect(await page.getByText(secret ?? '').count()).toBe(0);
    const row = page.getByRole('row', { name: /ada/ });
    await row.getByText('steer, approve').waitFor();
    await row.getByRole('button', { name: 'Revoke ada' }).click();
    await page.getByRole('dialog', { name: 'Revoke ada?' }).getByRole('button', { name: 'Revoke' }).click();
    await row.getByText('revoked').waitFor();
    await expect(client.session()).rejects.toMatchObject({ code: 'TOKEN_REVOKED' });
    visitor.expectNoTroubles(bench.url);
  });

  it('an organisation is made, and deleted once its id was typed; what the relay refuses is said', async () => {
    const { page } = await bench.signedIn();
    await page.goto(`${bench.url}/#/admin/organizations`);
    const make = async (): Promise<void> => {
      await page.getByRole('button', { name: 'New organisation' }).click();
      await page.getByRole('textbox', { name: 'Id' }).fill('acme');
      await page.getByRole('button', { name: 'Make organisation' }).click();
    };
    await make();
    await page.getByRole('row', { name: /acme/ }).waitFor();
    await make();
    await page.getByRole('dialog').getByRole('alert').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Delete acme' }).click();
    const sure = page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true });
    expect(await sure.isDisabled()).toBe(true);
    await page.getByLabel('Type acme to go on').fill('acme');
    await sure.click();
    await page.getByRole('row', { name: /acme/ }).waitFor({ state: 'detached' });
  });

  it('the audit log shows what happens while somebody looks, and only what is looked for', async () => {
    const visitor = await bench.signedIn();
    const { page } = visitor;
    await page.goto(`${bench.url}/#/admin/audit`);
    const log = page.getByRole('list', { name: 'Audit log' });
    await log.getByText('listener registered').first().waitFor();
    await bench.twinlane.client().administration.createToken({ name: 'grace', role: 'client' });
    await log.getByText('grace').waitFor();
    await page.getByLabel('Kind').selectOption({ label: 'token created' });
    await log.getByText('listener registered').first().waitFor({ state: 'detached' });
    await log.getByText('grace').waitFor();
    visitor.expectNoTroubles(bench.url);
  });

  it('who may not administer is shown none of it', async () => {
    const { token } = await bench.twinlane.client().administration.createToken({ name: 'guest', role: 'client' });
    const { page } = await bench.signedIn(DESK, token);
    expect(await page.getByRole('link', { name: 'Administration' }).count()).toBe(0);
  });

  it.each([
    ['light', { ...DESK, colorScheme: 'light' }],
    ['on a phone, dark', { ...PHONE, colorScheme: 'dark' }],
  ] as const)('every view is accessible, and none is too wide: %s', async (name, options) => {
    const client = bench.twinlane.client();
    await client.administration.createToken({ name: `seen ${name}`, role: 'client', mayApprove: true });
    const visitor = await bench.signedIn(options);
    const { page } = visitor;
    for (const [view, heading] of [
      ['tokens', 'Tokens'],
      ['organizations', 'Organisations'],
      ['environments', 'Environments'],
      ['limits', 'Limits'],
      ['audit', 'Audit log'],
    ] as const) {
      await page.goto(`${bench.url}/#/admin/${view}`);
      await page.getByRole('heading', { name: heading, level: 2 }).waitFor();
      await page.locator('.rows, .limits, .audit').waitFor();
      expect([view, await visitor.axe(), await visitor.sideways()]).toEqual([view, [], 0]);
    }
    visitor.expectNoTroubles(bench.url);
  });
});
