import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { GitRepository } from '../kit/git-repository.js';
import { SKIPPED } from './kit/chromium.js';
import { ConsoleBench } from './kit/console-bench.js';
import { DESK, PHONE, type WatchedPage } from './kit/watched-page.js';

describe.skipIf(SKIPPED !== undefined)(
  `files, in a browser${SKIPPED === undefined ? '' : ` (skipped: ${SKIPPED})`}`,
  () => {
    let bench: ConsoleBench;
    const at = (...names: string[]): string => path.join(bench.twinlane.workspace, ...names);

    beforeAll(async () => {
      bench = await ConsoleBench.start();
      const repository = GitRepository.create(bench.twinlane.workspace);
      await mkdir(at('src', 'deep'), { recursive: true });
      await writeFile(at('src', 'main.ts'), "import { greet } from './deep/greet.js';\n\ngreet('world');\n");
      await writeFile(
        at('src', 'deep', 'greet.ts'),
        'export function greet(name: string): void {\n  console.log(name);\n}\n',
      );
      await writeFile(at('.hidden'), 'x\n');
      await writeFile(at('bytes.dat'), Buffer.from([0, 255, 254, 1]));
      await writeFile(at('pixel.gif'), Buffer.from('R0lGODlhAQABAIAAAP8AAAAAACwAAAAAAQABAAACAkQBADs=', 'base64'));
      repository.git('branch', 'next');
    });
    afterEach(() => bench?.leave());
    afterAll(() => bench?.close());

    async function inFiles(options: Parameters<ConsoleBench['signedIn']>[0] = DESK): Promise<WatchedPage> {
      const visitor = await bench.signedIn(options);
      await visitor.page.getByRole('link', { name: /laptop/ }).click();
      await visitor.page.getByRole('link', { name: 'Files' }).click();
      await visitor.page.getByRole('treeitem', { name: 'src' }).waitFor();
      return visitor;
    }

    const code = (page: Page) => page.locator('.cm-content');

    /** By letters of its path, as people who know it do. */
    async function openFile(page: Page, letters: string): Promise<void> {
      await page.keyboard.press('Control+p');
      await page.getByRole('combobox').fill(letters);
      await page.getByRole('option').first().waitFor();
      await page.getByText('Searching…').waitFor({ state: 'detached' });
      await page.getByRole('option', { name: letters }).first().click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }

    async function edit(page: Page): Promise<void> {
      await page.getByRole('button', { name: 'Edit' }).click();
      await page.locator('.cm-content[contenteditable="true"]:focus').waitFor();
    }

    it('the tree by keys: in, down, by letters, and open', async () => {
      const visitor = await inFiles();
      const { page } = visitor;
      await page.getByRole('tree').focus();
      await page.keyboard.press('Home');
      await page.keyboard.press('ArrowRight');
      await page.getByRole('treeitem', { name: 'deep' }).waitFor();
      await page.keyboard.type('ma');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'src/main.ts' }).waitFor();
      await code(page).getByText('import').first().waitFor();
      expect(page.url()).toMatch(/files\/src\/main\.ts$/);
      // Highlighted, so the language was fetched.
      await page.locator('.tok-keyword', { hasText: 'import' }).waitFor();
      expect(await page.getByRole('treeitem', { name: '.hidden' }).getAttribute('class')).toContain('hidden');
      // Somebody else makes a file: it shows by itself.
      await writeFile(at('src', 'made-later.ts'), '');
      await page.getByRole('treeitem', { name: 'made-later.ts' }).waitFor();
      visitor.expectNoTroubles(bench.url);
    });

    it('a file is edited and saved; what somebody else has written meanwhile is not lost', async () => {
      await writeFile(at('notes.md'), 'one\ntwo\n');
      const visitor = await inFiles();
      const { page } = visitor;
      await openFile(page, 'notes.md');
      await edit(page);
      await page.keyboard.type('mine ');
      await page.getByText('not saved').first().waitFor();
      await page.keyboard.press('Control+s');
      await page.getByText('not saved').first().waitFor({ state: 'detached' });
      expect(await readFile(at('notes.md'), 'utf8')).toBe('mine one\ntwo\n');

      await page.keyboard.type('again ');
      await page.getByText('not saved').first().waitFor();
      await writeFile(at('notes.md'), 'theirs\n');
      await page.getByText('Changed on the device.').waitFor();
      await page.keyboard.press('Control+s');
      expect(await readFile(at('notes.md'), 'utf8')).toBe('theirs\n');
      await page.getByRole('button', { name: 'Compare' }).click();
      const difference = page.getByRole('region', { name: /On the device/ });
      await difference.getByText('theirs').waitFor();
      await difference.getByText('mine again one').waitFor();
      expect(await visitor.axe()).toEqual([]);
      await page.getByRole('button', { name: 'Overwrite' }).click();
      await page.getByText('Changed on the device.').waitFor({ state: 'detached' });
      expect(await readFile(at('notes.md'), 'utf8')).toBe('mine again one\ntwo\n');

      // What is only looked at follows the device by itself.
      await page.getByRole('button', { name: 'Done' }).click();
      await writeFile(at('notes.md'), 'the newest\n');
      await code(page).getByText('the newest').waitFor();
      visitor.expectNoTroubles(bench.url);
    });

    it('what is typed stays when other tabs are shown, and does not go by one click', async () => {
      await writeFile(at('draft.txt'), 'begin\n');
      const visitor = await inFiles();
      const { page } = visitor;
      await openFile(page, 'draft.txt');
      await edit(page);
      await page.keyboard.type('typed ');
      await page.getByText('not saved').first().waitFor();
      await page.getByRole('link', { name: 'Connection', exact: true }).click();
      await page
        .getByRole('link', { name: 'laptop' })
        .or(page.getByRole('heading', { name: 'laptop' }))
        .first()
        .waitFor();
      await page.getByRole('link', { name: 'All environments' }).click();
      await page.getByRole('link', { name: /laptop/ }).click();
      await page.getByRole('link', { name: 'Files' }).click();
      await code(page).getByText('typed begin').waitFor();
      await page.getByRole('button', { name: 'Close draft.txt' }).click();
      await page.getByRole('dialog', { name: 'Close draft.txt?' }).waitFor();
      await page.getByRole('button', { name: 'Save and close' }).click();
      await page.getByRole('button', { name: 'Close draft.txt' }).waitFor({ state: 'detached' });
      expect(await readFile(at('draft.txt'), 'utf8')).toBe('typed begin\n');
      visitor.expectNoTroubles(bench.url);
    });

    it('the browser asks before a page goes with something typed in it, and only then', async () => {
      await writeFile(at('typed.txt'), 'begin\n');
      const { page } = await inFiles();
      const asked: string[] = [];
      page.on('dialog', (dialog) => {
        asked.push(dialog.type());
        // Stay.
        void dialog.dismiss();
      });
      await openFile(page, 'typed.txt');
      await page.reload();
      await code(page).getByText('begin').waitFor();
      expect(asked).toEqual([]);
      await edit(page);
      await page.keyboard.type('typed ');
      await page.getByText('not saved').first().waitFor();
      const dialog = page.waitForEvent('dialog');
      // Never answered where one stays.
      void page.evaluate(() => location.reload());
      expect((await dialog).type()).toBe('beforeunload');
      await code(page).getByText('typed begin').waitFor();
    });

    it('says who may only watch that there are none for them', async () => {
      const { token } = await bench.twinlane
        .client()
        .administration.createToken({ name: 'eve', role: 'client', access: 'watch' });
      const visitor = await bench.signedIn(DESK, token);
      const { page } = visitor;
      await page.getByRole('link', { name: /laptop/ }).click();
      await page.getByRole('link', { name: 'Files' }).click();
      await page.getByText('No files for this token.').waitFor();
      expect(await page.getByRole('tree').count()).toBe(0);
      expect(await visitor.axe()).toEqual([]);
      visitor.expectNoTroubles(bench.url);
    });

    it('opens a file by letters that are typed at once', async () => {
      const { page } = await inFiles();
      await page.keyboard.press('Control+p');
      await page.keyboard.type('greet');
      await page.getByRole('option', { name: 'greet' }).first().waitFor();
      await page.waitForFunction(() => document.querySelectorAll('[role=option]').length === 1);
      expect(await page.getByRole('combobox').inputValue()).toBe('greet');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'src/deep/greet.ts' }).waitFor();
    });

    it('finds texts, and opens them at their line', async () => {
      const visitor = await inFiles();
      const { page } = visitor;
      await page.keyboard.press('Control+Shift+F');
      await page.getByRole('searchbox').fill('console.log');
      await page.keyboard.press('Enter');
      await page.getByText('1 match in 1 file.').waitFor();
      expect(await visitor.axe()).toEqual([]);
      await page.getByRole('button', { name: /console\.log/ }).click();
      await page.getByRole('heading', { name: 'src/deep/greet.ts' }).waitFor();
      await page.waitForFunction(() => getSelection()?.toString().includes('console.log(name)') === true);
      await page.getByTitle('Regular expression').click();
      await page.getByRole('searchbox').fill('(');
      await page.keyboard.press('Enter');
      await page.getByRole('alert').waitFor();
      visitor.expectNoTroubles(bench.url);
    });

    it('shows images, the bytes of what is no text, and the device’s own words for what is not there', async () => {
      const visitor = await inFiles();
      const { page } = visitor;
      await page.getByRole('treeitem', { name: 'pixel.gif' }).click();
      await page.waitForFunction(
        () => document.querySelector<HTMLImageElement>('img[alt="pixel.gif"]')?.naturalWidth === 1,
      );
      await page.getByRole('treeitem', { name: 'bytes.dat' }).click();
      await page.getByText('00 ff fe 01').waitFor();
      await page.goto(`${page.url().replace(/files.*/, 'files')}/none.txt`);
      await page.getByRole('alert').getByText('ENOENT').waitFor();
      visitor.expectNoTroubles(bench.url);
    });

    it('changes to another branch', async () => {
      const { page } = await inFiles();
      await page.getByRole('button', { name: 'Branch main' }).click();
      await page.getByRole('menuitemradio', { name: 'next' }).click();
      await page.getByRole('button', { name: 'Branch next' }).waitFor();
    });

    it.each([
      ['light', { ...DESK, colorScheme: 'light' }],
      ['dark', { ...DESK, colorScheme: 'dark' }],
      ['on a phone', { ...PHONE, colorScheme: 'light' }],
      ['on a phone, dark', { ...PHONE, colorScheme: 'dark' }],
    ] as const)('is accessible, and not too wide: %s', async (_name, options) => {
      const visitor = await inFiles(options);
      const { page } = visitor;
      expect([await visitor.axe(), await visitor.sideways()]).toEqual([[], 0]);
      await openFile(page, 'main.ts');
      await page.locator('.tok-keyword').first().waitFor();
      expect([await visitor.axe(), await visitor.sideways()]).toEqual([[], 0]);
      await edit(page);
      expect([await visitor.axe(), await visitor.sideways()]).toEqual([[], 0]);
      visitor.expectNoTroubles(bench.url);
    });
  },
);
