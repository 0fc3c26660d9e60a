import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SKIPPED } from './kit/chromium.js';
import { ConsoleBench } from './kit/console-bench.js';
import { beginConversation, give } from './kit/conversation-steps.js';
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

  it('limits are shown with the option that changes each', async () => {
    const visitor = await bench.signedIn();
    const { page } = visitor;
    await page.goto(`${bench.url}/#/admin/limits`);
    await page.getByText('--client-sockets-per-token').waitFor();
    expect(await page.locator('.limits dl > div').count()).toBe(await page.locator('.limits__option').count());
    visitor.expectNoTroubles(bench.url);
  });

  it('an environment is released, then deleted once its name was typed: then it is nowhere', async () => {
    // Of a listener that is not there: to release one that is ends it.
    const register = (): Promise<Response> =>
      fetch(`${bench.url}/v1/environments/register`, {
        method: 'POST',
        headers: { authorization: `Bearer ${registering}`, 'content-type': 'application/json' },
        body: JSON.stringify({ deviceId: 'device-9', connectionName: 'spare' }),
      });
    const { administration } = bench.twinlane.client();
    const [first, second] = await Promise.all(
      ['first', 'second'].map((name) => administration.createToken({ name, role: 'device' })),
    );
    let registering = first?.token;
    expect((await register()).status).toBe(200);
    registering = second?.token;
    expect((await register()).status).toBe(409);
    const visitor = await bench.signedIn();
    const { page } = visitor;
    await page.goto(`${bench.url}/#/admin/environments`);
    await page.getByRole('button', { name: 'Release spare' }).click();
    const release = page.getByRole('dialog', { name: 'Release spare?' });
    await release.getByText('any token that may register this name can take it over').waitFor();
    expect([await visitor.axe(), await visitor.sideways()]).toEqual([[], 0]);
    await release.getByRole('button', { name: 'Release' }).click();
    await page.getByText('spare was released.').waitFor();
    expect((await register()).status).toBe(200);
    await page.getByRole('button', { name: 'Delete spare' }).click();
    const remove = page.getByRole('dialog', { name: 'Delete spare?' });
    const sure = remove.getByRole('button', { name: 'Delete', exact: true });
    expect(await sure.isDisabled()).toBe(true);
    await remove.getByLabel('Type spare to go on').fill('spare');
    expect(await visitor.axe()).toEqual([]);
    await sure.click();
    await page.getByRole('row', { name: /spare/ }).waitFor({ state: 'detached' });
    expect((await bench.twinlane.client().environments()).map(({ connectionName }) => connectionName)).toEqual([
      'laptop',
    ]);
    visitor.expectNoTroubles(bench.url);
  });

  it('a token that somebody works with is revoked from another page: theirs says so, and does nothing more', async () => {
    const { token } = await bench.twinlane
      .client()
      .administration.createToken({ name: 'bob', role: 'client', mayApprove: true });
    const bob = await bench.signedIn(DESK, token);
    await beginConversation(bob.page);
    await give(bob.page, 'echo before');
    await bob.page.getByText(/^Done/).waitFor();
    const { page } = await bench.signedIn();
    await page.goto(`${bench.url}/#/admin/tokens`);
    await page.getByRole('button', { name: 'Revoke bob' }).click();
    await page.getByRole('dialog', { name: 'Revoke bob?' }).getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('row', { name: /bob/ }).getByText('revoked').waitFor();
    // Without anything that bob does: the relay closes his sockets.
    await bob.page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await bob.page.getByText(/was revoked/).waitFor();
    expect(await bob.axe()).toEqual([]);
    await bob.page.reload();
    await bob.page.getByRole('heading', { name: 'Sign in' }).waitFor();
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
      ['nodes', 'Nodes'],
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
