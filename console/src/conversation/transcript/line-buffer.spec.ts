import { describe, expect, it } from 'vitest';
import { LineBuffer } from './line-buffer.js';

function lines(buffer: LineBuffer): (string | undefined)[] {
  return Array.from({ length: buffer.length }, (_, at) => buffer.line(at)?.text);
}

describe('LineBuffer', () => {
  it('joins what came in pieces, and gives back what was written', () => {
    const buffer = new LineBuffer();
    for (const piece of ['a', 'b\nc', '\n\nd\n']) buffer.append(piece);
    expect(lines(buffer)).toEqual(['ab', 'c', '', 'd']);
    buffer.append('e');
    expect(lines(buffer)).toEqual(['ab', 'c', '', 'd', 'e']);
    expect(buffer.text()).toBe('ab\nc\n\nd\ne');
  });

  it('keeps the streams apart', () => {
    const buffer = new LineBuffer();
    buffer.append('half', 'stdout');
    buffer.append('trouble\n', 'stderr');
    buffer.append('rest\n', 'stdout');
    expect([0, 1, 2].map((at) => buffer.line(at))).toMatchObject([
      { text: 'half', stream: 'stdout' },
      { text: 'trouble', stream: 'stderr' },
      { text: 'rest', stream: 'stdout' },
    ]);
  });

  it('cuts very long lines between characters, and joins them in its text', () => {
    const buffer = new LineBuffer();
    const long = `${'x'.repeat(1_999)}😀${'y'.repeat(5_000)}`;
    for (let at = 0; at < long.length; at += 700) buffer.append(long.slice(at, at + 700));
    buffer.append('\nnext');
    expect(buffer.line(0)).toEqual({ text: 'x'.repeat(1_999), stream: 'stdout', goesOn: true });
    expect(buffer.text()).toBe(`${long}\nnext`);
    expect(buffer.line(buffer.length - 1)?.text).toBe('next');
  });

  it('gives up the oldest lines past its bound, and counts them', () => {
    const buffer = new LineBuffer(1_000);
    for (let i = 0; i < 500; i++) buffer.append(`line ${i}\n`);
    expect(buffer.size).toBeLessThanOrEqual(1_000);
    expect(buffer.dropped + buffer.length).toBe(500);
    expect(buffer.line(buffer.length - 1)?.text).toBe('line 499');
    expect(buffer.line(0)?.text).toBe(`line ${buffer.dropped}`);
  });

  it('forgets everything on demand', () => {
    const buffer = new LineBuffer();
    buffer.append('old\nhalf');
    buffer.clear();
    buffer.append('new');
    expect(lines(buffer)).toEqual(['new']);
  });
});
