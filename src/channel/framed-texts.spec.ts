import { describe, expect, it } from 'vitest';
import { FramedTexts } from './framed-texts.js';

/** What the other end of a WebSocket reads. */
function read(bytes: Buffer): string[] {
  const texts: string[] = [];
  for (let at = 0; at < bytes.length;) {
    expect(bytes[at]).toBe(0x81);
    const short = bytes.readUInt8(at + 1);
    const header = short < 126 ? 2 : short === 126 ? 4 : 10;
    const long =
      short === 126 ? bytes.readUInt16BE(at + 2) : Number(short === 127 ? bytes.readBigUInt64BE(at + 2) : short);
    expect(header).toBe(long <= 125 ? 2 : long <= 0xffff ? 4 : 10);
    texts.push(bytes.toString('utf8', at + header, at + header + long));
    at += header + long;
  }
  return texts;
}

describe('FramedTexts', () => {
  it.each([0, 1, 125, 126, 127, 65_535, 65_536, 70_000])('frames a text of %i bytes, between others', (length) => {
    const texts = ['before', 'x'.repeat(length), 'after'];
    const framed = new FramedTexts();
    for (const text of texts) framed.add(text);
    const { bytes } = framed;
    const taken = framed.take();
    expect(taken).toHaveLength(bytes);
    expect(read(taken)).toEqual(texts);
  });

  it.each(['é'.repeat(63), 'é'.repeat(32_768), '\u{1F600} and \u{20AC}', '\u{7f}\u{80}'])(
    'counts bytes, not characters',
    (text) => {
      const framed = new FramedTexts();
      framed.add(text);
      expect(read(framed.take())).toEqual([text]);
    },
  );

  it('puts texts in one message as long as that is small enough, in order', () => {
    const framed = new FramedTexts(20);
    // Of three characters one has two bytes: [1,2,"é",40] is 12 bytes, and with one of 8 more it is too long.
    const texts = ['1', '2', '"é"', '40', '"123456"', '"more than all of one batch"', '5', '6'];
    for (const text of texts) framed.add(text);
    const { bytes } = framed;
    const taken = framed.take();
    expect(taken).toHaveLength(bytes);
    const messages = read(taken);
    expect(messages).toEqual(['[1,2,"é",40]', '"123456"', '"more than all of one batch"', '[5,6]']);
    expect(messages.flatMap((message): unknown => JSON.parse(message))).toEqual(
      texts.map((text): unknown => JSON.parse(text)),
    );
  });

  it('fills a batch to its last byte, and no further', () => {
    const framed = new FramedTexts(5);
    for (const text of ['1', '2', '3']) framed.add(text);
    expect(read(framed.take())).toEqual(['[1,2]', '3']);
  });

  it('has nothing left once it was taken', () => {
    const framed = new FramedTexts();
    framed.add('a');
    framed.take();
    expect(framed.bytes).toBe(0);
    framed.add('b');
    expect(read(framed.take())).toEqual(['b']);
  });
});
