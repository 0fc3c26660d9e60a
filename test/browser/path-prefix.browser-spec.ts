import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PrefixProxy } from '../kit/prefix-proxy.js';
import { TOKEN } from '../kit/twinlane.js';
import { SKIPPED } from './kit/chromium.js';
import { ConsoleBench } from './kit/console-bench.js';

describe.skipIf(SKIPPED !== undefined)(
  `under a path, in a browser${SKIPPED === undefined ? '' : ` (skipped: ${SKIPPED})`}`,
  () => {
    let proxy: PrefixProxy;
    let bench: ConsoleBench;
    beforeAll(async () => {
      proxy = await PrefixProxy.start();
      bench = await ConsoleBench.start();
      proxy.forwardTo(bench.url);
    });
    afterAll(async () => {
      await bench?.close();
      await proxy?.stop();
    });

    it('the link signs in, files and sockets are asked for below the path, and the session is of the path alone', async () => {
      const visitor = await bench.visitor();
      const { page } = visitor;
      await page.goto(`${proxy.url}/#token=${TOKEN}`);
      await page.getByRole('link', { name: /laptop/ }).click();
      expect(page.url()).toMatch(new RegExp(`^${proxy.url}/#/e/`));
      await page.getByRole('button', { name: 'New conversation' }).click();
      await page.getByRole('textbox', { name: 'Input' }).fill('echo below-$((40+2))');
      await page.keyboard.press('Enter');
      await page.getByRole('group', { name: 'Output' }).getByText('below-42').waitFor();
      await page.getByRole('link', { name: 'Terminal' }).click();
      await page.locator('.xterm-rows').getByText(/[$#%]/).first().waitFor();
      await page.reload();
      await page.getByRole('heading', { name: 'laptop' }).waitFor();
      const [cookie] = await page.context().cookies();
      expect(cookie).toMatchObject({ path: '/prefix/v1', httpOnly: true, sameSite: 'Strict' });
      const beside = visitor.requested.filter((url) => !url.replace(/^ws/, 'http').startsWith(`${proxy.url}/`));
      expect(beside.filter((url) => !url.startsWith('data:'))).toEqual([]);
      expect(visitor.requested.some((url) => url.startsWith('ws:'))).toBe(true);
      visitor.expectNoTroubles(proxy.url);
    });
  },
);
