import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FaultProxy } from '../kit/fault-proxy.js';
import { TOKEN } from '../kit/twinlane.js';
import { ConsoleBench } from './kit/console-bench.js';
import { SKIPPED } from './kit/chromium.js';
import { DESK, PHONE } from './kit/watched-page.js';

/** Goes to the conversations of the one environment. */
async function openEnvironment(page: Page): Promise<void> {
  await page.getByRole('link', { name: /laptop/ }).click();
}

async function begin(page: Page): Promise<void> {
  await openEnvironment(page);
  await page.getByRole('button', { name: 'New conversation' }).click();
  await page.getByText('Nothing was asked here yet').waitFor();
}

async function type(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Input' }).fill(text);
  await page.keyboard.press('Enter');
}

/** The lines of the last output that is seen. */
function output(page: Page): Promise<string[]> {
  return page.getByRole('group', { name: 'Output' }).last().locator('.line-list__line').allInnerTexts();
}

describe.skipIf(SKIPPED !== undefined)(`a conversation${SKIPPED === undefined ? '' : ` (skipped: ${SKIPPED})`}`, () => {
  let bench: ConsoleBench;
  beforeAll(async () => {
    bench = await ConsoleBench.start({ listener: { mode: 'standard' } });
  });
  afterEach(() => bench?.leave());
  afterAll(() => bench?.close());

  it('a turn with approval by key, in two browsers at once: one answer counts, and the other page says so', async () => {
    const [ada, bob] = [await bench.signedIn(), await bench.signedIn()];
    await begin(ada.page);
    await type(ada.page, 'echo one; echo two >&2; exit 3');
    await bob.page.goto(ada.page.url());
    for (const { page } of [ada, bob]) await page.getByRole('button', { name: /^Allow/ }).waitFor();
    expect(await ada.page.getByRole('group', { name: 'Command' }).innerText()).toBe('echo one; echo two >&2; exit 3');
    expect(await ada.axe()).toEqual([]);
    await bob.page.getByRole('textbox', { name: 'Input' }).blur();
    await bob.inARow('g', 'a');
    await bob.page.locator('[data-asks]:focus').waitFor();
    await bob.page.keyboard.press('a');
    await bob.page.getByText('Allowed here').waitFor();
    await ada.page.getByText('Allowed by another client').waitFor();
    for (const { page } of [ada, bob]) {
      await page.getByText(/^Done/).waitFor();
      await page.getByText('failed (exit 3)').waitFor();
      expect(await output(page)).toEqual(['one', 'two']);
    }
    expect(await bob.axe()).toEqual([]);
    for (const visitor of [ada, bob]) visitor.expectNoTroubles(bench.url);
  });

  it('what is denied with a message does not run, and Escape twice aborts what runs', async () => {
    const visitor = await bench.signedIn();
    const { page } = visitor;
    await begin(page);
    await type(page, 'echo never');
    await page.getByRole('button', { name: 'Deny with a message…' }).click();
    await page.keyboard.type('not today');
    await page.keyboard.press('Enter');
    await page.getByText('not today').waitFor();
    await page.getByText('Ended: what it needed was denied').waitFor();
    expect(await page.getByRole('group', { name: 'Output' }).count()).toBe(0);
    await type(page, '/mode unrestricted');
    await page.getByRole('button', { name: 'Permission mode: unrestricted' }).waitFor();
    await type(page, 'echo begun; sleep 1000');
    await page.getByRole('group', { name: 'Output' }).waitFor();
    await type(page, 'echo waits');
    await page.getByText('1. in the queue').waitFor();
    await page.getByRole('button', { name: 'Take it out of the queue' }).click();
    await page.getByText('1. in the queue').waitFor({ state: 'detached' });
    await visitor.inARow('Escape', 'Escape');
    await page.getByText(/^Aborted/).waitFor();
    await page.getByRole('textbox', { name: 'Input' }).press('ArrowUp');
    expect(await page.getByRole('textbox', { name: 'Input' }).inputValue()).toBe('echo waits');
    visitor.expectNoTroubles(bench.url);
  });

  it('C01 shows every line once when both sockets are cut in the middle of a turn', async () => {
    const proxy = await FaultProxy.start(bench.url);
    const { page } = await bench.visitor();
    try {
      await page.goto(`${proxy.url}/#token=${TOKEN}`);
      await begin(page);
      await type(page, '/mode unrestricted');
      await page.getByRole('button', { name: 'Permission mode: unrestricted' }).waitFor();
      await type(
        page,
        'for i in 1 2 3; do echo "before $i"; done; until [ -f go ]; do sleep 0.1; done; for i in 1 2 3; do echo "after $i"; done',
      );
      await page.getByText('before 3').last().waitFor();
      expect(proxy.now({ do: 'cut' }, { path: /status\/ws/ })).toBeGreaterThanOrEqual(2);
      await writeFile(path.join(bench.twinlane.workspace, 'go'), '');
      await page.getByText(/^Done/).waitFor();
      expect(await output(page)).toEqual(
        [1, 2, 3].map((i) => `before ${i}`).concat([1, 2, 3].map((i) => `after ${i}`)),
      );
    } finally {
      await proxy.stop();
    }
  });

  it('never moves under somebody who reads further up, and draws few rows of many', async () => {
    const visitor = await bench.signedIn();
    const { page } = visitor;
    await begin(page);
    await type(page, '/mode unrestricted');
    await page.getByRole('button', { name: 'Permission mode: unrestricted' }).waitFor();
    for (let turn = 1; turn <= 4; turn++) {
      await type(page, `seq 1 40 # turn ${turn}`);
      await page
        .getByText(/^Done/)
        .nth(turn === 1 ? 0 : 1)
        .waitFor();
    }
    await type(page, 'until [ -f on ]; do sleep 0.1; done; seq 1 20000');
    await page.getByText('Running a tool').waitFor();
    const transcript = page.getByRole('log', { name: 'Transcript' });
    await transcript.evaluate((element) => (element.scrollTop = 100));
    await page.getByRole('button', { name: /To the end|New output below/ }).waitFor();
    await writeFile(path.join(bench.twinlane.workspace, 'on'), '');
    await page.getByRole('button', { name: 'New output below' }).waitFor();
    await page.getByText('Running a tool').waitFor({ state: 'detached' });
    expect(await transcript.evaluate((element) => element.scrollTop)).toBe(100);
    await page.getByRole('button', { name: 'New output below' }).click();
    await page.getByText('20000', { exact: true }).waitFor();
    expect(await page.locator('.line-list__line').count()).toBeLessThan(400);
    visitor.expectNoTroubles(bench.url);
  });

  it.each([
    ['dark', { ...DESK, colorScheme: 'dark' }],
    ['on a phone', { ...PHONE, colorScheme: 'light' }],
    ['on a phone, dark', { ...PHONE, colorScheme: 'dark' }],
  ] as const)('is accessible, and not too wide: %s', async (_name, options) => {
    const visitor = await bench.signedIn(options);
    const { page } = visitor;
    await openEnvironment(page);
    await page.getByRole('button', { name: /^New/ }).filter({ visible: true }).click();
    await page.getByText('Nothing was asked here yet').waitFor();
    expect([await visitor.axe(), await visitor.sideways()]).toEqual([[], 0]);
    await page
      .getByRole('textbox', { name: 'Input' })
      .fill('echo a very long line of output that does not fit on a phone at all');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByRole('button', { name: /^Allow/ }).waitFor();
    expect([await visitor.axe(), await visitor.sideways()]).toEqual([[], 0]);
    await page.getByRole('button', { name: /^Allow/ }).click();
    await page.getByText(/^Done/).waitFor();
    expect([await visitor.axe(), await visitor.sideways()]).toEqual([[], 0]);
    visitor.expectNoTroubles(bench.url);
  });
});
