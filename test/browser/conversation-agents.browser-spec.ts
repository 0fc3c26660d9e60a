import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SKIPPED } from './kit/chromium.js';
import { ConsoleBench } from './kit/console-bench.js';
import { beginConversation, give, inputOf, rowsOf } from './kit/conversation-steps.js';

const SCRIPT = fileURLToPath(new URL('../kit/scripted-acp-agent.mjs', import.meta.url));
const PICTURE = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

describe.skipIf(SKIPPED !== undefined)(
  `a conversation with an ACP agent${SKIPPED === undefined ? '' : ` (skipped: ${SKIPPED})`}`,
  () => {
    let bench: ConsoleBench;
    beforeAll(async () => {
      const acp = { command: `"${process.execPath}" "${SCRIPT}"` };
      bench = await ConsoleBench.start({ listener: { mode: 'standard', agent: 'acp', acp } });
    });
    afterAll(() => bench?.close());

    it('shows reasoning folded, a plan, output, differences, suggestions, modes, counters and its title', async () => {
      const visitor = await bench.signedIn();
      const { page } = visitor;
      await beginConversation(page);
      const file = path.join(bench.twinlane.workspace, 'new.txt');
      const steps = ['title The great work', 'think It is **deep**', 'plan look,write', 'tool one two', 'use 500'];
      await give(page, [...steps, `edit ${file} hello`, 'say written'].join('\n'));

      await page.getByRole('button', { name: 'Always allow' }).waitFor();
      expect(await page.locator('.diff').innerText()).toMatch(/new\.txt[^]*new[^]*\+hello/);
      expect(await page.getByRole('region', { name: 'Plan' }).getByRole('listitem').allInnerTexts()).toEqual([
        expect.stringContaining('look'),
        expect.stringContaining('write'),
      ]);
      await page.getByText('context 50 %').waitFor();
      expect(await page.locator('.reasoning strong').count()).toBe(0);
      await page.getByRole('button', { name: /^Reasoning/ }).click();
      expect(await page.locator('.reasoning strong').innerText()).toBe('deep');
      expect(await visitor.axe()).toEqual([]);

      await page.getByRole('button', { name: 'Always allow' }).click();
      await page.getByText('allow-always').waitFor();
      await page.getByText(/^Done/).waitFor();
      expect(await page.locator('.row--end').innerText()).toMatch(/2 tool calls[^]*15 tokens/);
      await page.locator('.conversation-list__entry').getByText('The great work').waitFor();

      await page.getByRole('button', { name: 'Mode of the agent: Build' }).click();
      await page.getByRole('menuitemradio', { name: 'Plan: changes nothing' }).click();
      await page.getByRole('button', { name: 'Mode of the agent: Plan' }).waitFor();
      await inputOf(page).fill('/rev');
      await page.getByText('reviews changes ([branch])').waitFor();
      await inputOf(page).fill('');
      visitor.expectNoTroubles(bench.url);
    });

    it('gives an agent the files that were chosen, pasted and dropped', async () => {
      const visitor = await bench.signedIn();
      const { page } = visitor;
      await beginConversation(page);
      const choosing = page.waitForEvent('filechooser');
      await page.getByRole('button', { name: 'Attach files' }).click();
      await (
        await choosing
      ).setFiles([
        { name: 'chosen.txt', mimeType: 'text/plain', buffer: Buffer.from('chosen text') },
        { name: 'left-out.bin', mimeType: '', buffer: Buffer.from([0, 1, 2]) },
      ]);
      await inputOf(page).evaluate((element, picture) => {
        const bytes = Uint8Array.from(atob(picture), (char) => char.charCodeAt(0));
        const clipboardData = new DataTransfer();
        clipboardData.items.add(new File([bytes], 'pasted.png', { type: 'image/png' }));
        element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File(['# dropped'], 'dropped.md', { type: 'text/markdown' }));
        for (const type of ['dragover', 'drop'])
          element.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
      }, PICTURE);
      const files = page.getByRole('list', { name: 'Files that go with the input' }).getByRole('listitem');
      await files.nth(3).waitFor();
      await page.getByRole('button', { name: 'Leave left-out.bin out' }).click();
      expect(
        (await files.allInnerTexts())
          .map((text) => text.trim().split(/\s/)[0] ?? '')
          .toSorted((a, b) => a.localeCompare(b)),
      ).toEqual(['chosen.txt', 'dropped.md', 'pasted.png']);
      // What is no text for this agent becomes text behind it: the step is a line of its own.
      await give(page, 'blocks\n');
      await page.getByText(/^Done/).waitFor();
      const told = await page.locator('.row--assistant').last().innerText();
      for (const part of ['chosen text', '# dropped', PICTURE, '"mimeType":"image/png"']) expect(told).toContain(part);
      expect(told).not.toContain('left-out');
      const input = page.getByRole('article', { name: 'Input' });
      expect(await input.getByRole('img', { name: 'Attached picture' }).count()).toBe(1);
      expect(await input.innerText()).toMatch(/chosen\.txt/);
      expect(await files.count()).toBe(0);
      visitor.expectNoTroubles(bench.url);
    });

    it('draws little of a truly long answer, and goes through it by key', async () => {
      const visitor = await bench.signedIn();
      const { page } = visitor;
      await beginConversation(page);
      await give(page, 'markdown 400');
      await page.getByText(/^Done/).waitFor();
      await page.getByRole('heading', { name: 'Section 400' }).waitFor();
      await give(page, 'say the end');
      await page.getByText('the end', { exact: true }).waitFor();
      const transcript = page.getByRole('log', { name: 'Transcript' });
      await transcript.focus();
      await page.keyboard.press('Home');
      await page.getByRole('heading', { name: 'Section 1', exact: true }).waitFor();
      const focused = () => page.locator('.virtual-list__row:focus').innerText();
      expect(await focused()).toContain('markdown 400');
      await page.keyboard.press('j');
      await page.locator('.virtual-list__row:focus').getByText('Section 1', { exact: true }).waitFor();
      expect(await rowsOf(page).count()).toBeLessThan(100);
      await page.keyboard.press('k');
      await page.locator('.virtual-list__row:focus').getByText('markdown 400').waitFor();
      // From thing to thing: the whole answer is one, its end and the next input two.
      for (const text of ['Section 1', /^Done/, 'say the end']) {
        await page.keyboard.press('j');
        await page.locator('.virtual-list__row:focus').getByText(text).first().waitFor();
      }
      await page.keyboard.press('Home');
      await page.getByRole('button', { name: 'To the end' }).waitFor();
      await page.keyboard.press('End');
      await page.getByText('the end', { exact: true }).waitFor();
      await page.getByRole('button', { name: 'To the end' }).waitFor({ state: 'detached' });
      expect(await visitor.axe()).toEqual([]);
      expect([await visitor.sideways(), await page.locator('.row--assistant img').count()]).toEqual([0, 0]);
      visitor.expectNoTroubles(bench.url);
    });
  },
);
