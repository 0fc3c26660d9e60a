import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { temporaryDirectory } from '../../../test/kit/cli.js';
import { LineHistory } from './line-history.js';

let data: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeEach(async () => {
  data = await temporaryDirectory();
});
afterEach(() => data.remove());

it('keeps lines over sessions, for its owner alone, without those that begin with a space', async () => {
  const folder = path.join(data.path, 'not yet there');
  const first = new LineHistory(folder);
  expect(await first.read()).toEqual([]);
  for (const line of ['ls', ' echo secret', '', 'make all']) await first.add(line);
  expect(await new LineHistory(folder).read()).toEqual(['ls', 'make all']);
  expect((await stat(path.join(folder, 'history'))).mode & 0o777).toBe(0o600);
});

it('cuts off the oldest lines', async () => {
  const history = new LineHistory(data.path, 3);
  for (let i = 1; i <= 5; i++) await history.add(`line ${i}`);
  expect(await history.read()).toEqual(['line 3', 'line 4', 'line 5']);
  expect(await readFile(path.join(data.path, 'history'), 'utf8')).toBe('line 3\nline 4\nline 5\n');
});
