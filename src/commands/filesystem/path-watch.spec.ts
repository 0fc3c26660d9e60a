import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PathWatch } from './path-watch.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'twinlane-watch-'));
});
afterEach(() => rm(directory, { recursive: true }));

/** As git and most editors write: a whole new file takes the place of the old one. */
async function replace(file: string, content: string): Promise<void> {
  await writeFile(`${file}.lock`, content);
  await rename(`${file}.lock`, file);
}

describe('PathWatch', () => {
  it('tells of each of two replacements, however soon the second follows the first', async () => {
    for (let round = 0; round < 60; round++) {
      const file = path.join(directory, `HEAD${round}`);
      await writeFile(file, 'first');
      const touched = vi.fn<() => void>();
      const watch = await PathWatch.open(file, { touched, failed: (error) => expect.fail(String(error)) });
      await replace(file, 'second');
      await pause(round % 12);
      touched.mockClear();
      await replace(file, 'third');
      await vi.waitFor(() => expect(touched).toHaveBeenCalled(), { interval: 1, timeout: 30_000 });
      await watch.close();
    }
  });

  it('follows its directory when another takes its place, however soon', async () => {
    const inner = path.join(directory, 'inner');
    const file = path.join(inner, 'file');
    await mkdir(inner);
    const touched = vi.fn<() => void>();
    const watch = await PathWatch.open(file, { touched, failed: (error) => expect.fail(String(error)) });
    for (let round = 0; round < 60; round++) {
      await writeFile(file, 'first');
      await vi.waitFor(() => expect(touched).toHaveBeenCalled(), { interval: 1, timeout: 30_000 });
      await rm(inner, { recursive: true });
      await pause(round % 6);
      await mkdir(inner);
      touched.mockClear();
    }
    await watch.close();
  });
});
