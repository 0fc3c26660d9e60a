import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { LentScreen } from './lent-screen.js';

function sizeOf(stdout: { columns?: number; rows?: number }): LentScreen['size'] {
  const io = { stdin: new PassThrough(), stdout: Object.assign(new PassThrough(), stdout) };
  const screen = new LentScreen(io, { typed: () => {}, resized: () => {} });
  screen.end();
  return screen.size;
}

it('has the size that the terminal says', () => {
  expect(sizeOf({ columns: 132, rows: 43 })).toEqual({ cols: 132, rows: 43 });
});

it('has a usual size where the terminal says none, or 0', () => {
  for (const stdout of [{}, { columns: 0, rows: 0 }]) expect(sizeOf(stdout)).toEqual({ cols: 80, rows: 24 });
});
