import { expect, it } from 'vitest';
import { NO_PAINT, paintFor } from '../paint.js';
import { fileDiffs } from './file-diffs.js';

const PATCH = [
  '===================================================================',
  '--- notes.txt',
  '+++ notes.txt',
  '@@ -1,2 +1,2 @@',
  ' same',
  '-old\u001b[2J',
  '+new',
  '',
].join('\n');

it('shows what is taken away and added, in colour, and nothing that a terminal would obey', () => {
  const colours = paintFor({ isTTY: true }, {});
  expect(fileDiffs([{ path: 'notes.txt', patch: PATCH, created: false }], colours).split('\n')).toEqual([
    '\u001b[1mnotes.txt\u001b[22m',
    '\u001b[36m@@ -1,2 +1,2 @@\u001b[39m',
    ' same',
    String.raw`${'\u001b'}[31m-old\u{1b}[2J${'\u001b'}[39m`,
    '\u001b[32m+new\u001b[39m',
  ]);
});

it('says what is new, and what is too much to show', () => {
  const patch = ['@@ -0,0 +1,300 @@', ...Array.from({ length: 300 }, (_, i) => `+${i}`)].join('\n');
  const text = fileDiffs([{ path: 'a', patch, created: true }, { path: 'b' }, 'junk', { patch: 1 }], NO_PAINT);
  expect(text).toMatch(/^a \(new\)\n@@ -0,0 \+1,300 @@\n\+0\n/);
  expect(text).toContain('\n+198\n… 101 more lines\nb: it changes more than can be shown.');
  expect(text).not.toContain('\u001b');
});

it.each([
  [{ isTTY: true }, {}, true],
  [{ isTTY: true }, { NO_COLOR: '1' }, false],
  [{ isTTY: true }, { TERM: 'dumb' }, false],
  [{}, {}, false],
])('%j with %j is coloured: %s', (stream, env, isColoured) => {
  expect(paintFor(stream, env) !== NO_PAINT).toBe(isColoured);
});
