import { expect, it } from 'vitest';
import { terminalLine } from './terminal-text.js';

const ESC = String.fromCharCode(27);

it('leaves plain text alone', () => {
  expect(terminalLine('plain <b> text')).toEqual([{ text: 'plain <b> text', style: '' }]);
});

it('shows colours, and forgets them when told so', () => {
  expect(terminalLine(`${ESC}[1;31mred${ESC}[39m strong${ESC}[0m done`)).toEqual([
    { text: 'red', style: 'out--strong out--red' },
    { text: ' strong', style: 'out--strong' },
    { text: ' done', style: '' },
  ]);
});

it('obeys nothing else', () => {
  expect(terminalLine(`${ESC}[2Ka${ESC}]0;title${String.fromCharCode(7)}b${ESC}[?25lc${ESC}`)).toEqual(
    ['a', 'b', 'c'].map((text) => ({ text, style: '' })),
  );
});

it('shows the newest state of a progress line', () => {
  expect(terminalLine('10%\r50%\r100%\r')).toEqual([{ text: '100%', style: '' }]);
});
