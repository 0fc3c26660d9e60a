import fc from 'fast-check';
import { Lexer } from 'marked';
import { describe, expect, it } from 'vitest';
import { MarkdownBlocks } from './markdown-blocks.js';

function blocksOf(text: MarkdownBlocks): string[] {
  return Array.from({ length: text.length }, (_, at) => text.at(at)?.raw ?? '');
}

function streamed(pieces: readonly string[]): MarkdownBlocks {
  const text = new MarkdownBlocks();
  for (const piece of pieces) {
    text.append(piece);
    text.settle();
  }
  return text;
}

const PARTS = [
  '# Title\n\n',
  'A paragraph with **bold** text\nand a second line.\n\n',
  '- one\n- two\n  - nested\n\n  still two\n- three\n\n',
  '1. first\n2. second\n\n',
  '- [ ] open\n- [x] done\n\n',
  '```ts\nconst a = 1;\n\n# no title\n```\n\n',
  '~~~\n```\n~~~\n',
  '| a | b |\n|---|---|\n| 1 | 2 |\n\n',
  '> quoted\n> text\n\n',
  '---\n\n',
  '<div>raw</div>\n\n',
  'Setext\n===\n\n',
  '* star\n* **bold star**\n\n',
  '[name]: https://example.com\n\n',
];

describe('MarkdownBlocks', () => {
  it('has the blocks of the whole text, however it was cut into deltas', () => {
    const texts = fc.array(fc.constantFrom(...PARTS), { minLength: 1, maxLength: 8 }).map((parts) => parts.join(''));
    const cuts = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(texts, cuts, (text, sizes) => {
        const pieces: string[] = [];
        for (let at = 0, i = 0; at < text.length; i++) {
          const size = sizes[i % sizes.length] ?? 1;
          pieces.push(text.slice(at, at + size));
          at += size;
        }
        const blocks = streamed(pieces);
        blocks.finish();
        expect(blocksOf(blocks).map((raw) => raw.trimEnd())).toEqual(
          new Lexer()
            .blockTokens(text, [])
            .filter(({ type }) => type !== 'space')
            .map(({ raw }) => raw.trimEnd()),
        );
        expect(blocks.text()).toBe(text);
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  it('leaves what is closed alone', () => {
    const text = streamed(['first\n\nsecond\n\nthi']);
    // What begins like a paragraph may still turn out to belong to the block before.
    expect(blocksOf(text)).toEqual(['first\n\n', 'second\n\nthi']);
    expect(text.at(0)?.isOpen).toBe(false);
    expect(text.at(1)?.isOpen).toBe(true);
    text.append('rd\n\nfourth\n');
    text.settle();
    expect(blocksOf(text)).toEqual(['first\n\n', 'second\n\n', 'third\n\n', 'fourth\n']);
  });

  it('does not take the begin of a word for a list', () => {
    const text = streamed(['- item\n', '*', '*bold* in the item*\n']);
    text.finish();
    expect(blocksOf(text)).toHaveLength(1);
  });

  it('knows Windows line ends, also between two deltas', () => {
    const text = streamed(['a\r', '\n\r\nb']);
    text.finish();
    expect(blocksOf(text)).toEqual(['a\n\n', 'b']);
  });

  it('parts blocks that are too large; code goes on as code', () => {
    const code = new MarkdownBlocks();
    code.append('```js\n');
    for (let i = 0; i < 10_000; i++) code.append(`const value${i} = ${i};\n`);
    code.append('```\n\nafter\n');
    code.finish();
    const blocks = blocksOf(code);
    expect(blocks.at(-1)).toBe('after\n');
    expect(blocks.length).toBeGreaterThan(5);
    for (const raw of blocks.slice(0, -1)) expect(raw).toMatch(/^```js\n[^]*\n```\n+$/);
    const lines = blocks.slice(0, -1).flatMap((raw) => raw.trimEnd().split('\n').slice(1, -1));
    expect(lines).toHaveLength(10_000);

    const words = streamed(['word '.repeat(20_000)]);
    for (const raw of blocksOf(words)) expect(raw.length).toBeLessThanOrEqual(32 * 1024);
    expect(words.text()).toBe('word '.repeat(20_000));
  });

  it('notes what links refer to', () => {
    const text = streamed(['see [it][a]\n\n[a]: https://example.com\n\nend']);
    expect(text.links['a']?.href).toBe('https://example.com');
  });
});
