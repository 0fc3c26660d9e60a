import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessageText } from './message-text.js';

/** Chunks of one message; `…` is a pause. @returns what was shown of it */
function shown(...chunks: readonly string[]): string {
  const message = new MessageText();
  let text = '';
  let paused = false;
  for (const chunk of chunks) {
    if (chunk !== '…') text += message.next(chunk, paused);
    paused = chunk === '…';
  }
  return text + message.release();
}

describe('MessageText', () => {
  it.each([
    ['goes on', ['a', 'b', 'a'], 'aba'],
    ['repeats itself without a pause', ['ha', 'ha', 'ha'], 'hahaha'],
    ['begins again after a pause', ['One ', 'two ', '…', 'One ', 'two ', 'three'], 'One two three'],
    ['begins again in other chunks', ['One ', 'two ', '…', 'O', 'ne two thr', 'ee'], 'One two three'],
    ['begins again in one chunk', ['One ', 'two ', '…', 'One two three'], 'One two three'],
    ['begins again twice', ['One ', 'two ', '…', 'One ', '…', 'One ', 'two ', 'three'], 'One two three'],
    ['begins like that and goes another way', ['One ', 'two ', '…', 'One ', 'more'], 'One two One more'],
    ['pauses and goes on', ['One ', '…', 'two'], 'One two'],
    ['ends while it begins again', ['One ', 'two ', '…', 'One '], 'One two One '],
  ])('a message that %s', (_, chunks, text) => {
    expect(shown(...chunks)).toBe(text);
  });

  it('shows a message once however often its stream broke, wherever it was cut', () => {
    const texts = fc.string({ minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(texts, fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 4 }), (text, breaks) => {
        const parts = breaks.flatMap((at) => [text.slice(0, at), '…']);
        expect(shown(...parts, text)).toBe(text);
      }),
      { seed: 1 },
    );
  });

  it('takes what comes after something else for a new beginning, too', () => {
    const message = new MessageText();
    message.next('One ', false);
    message.interrupt();
    expect(message.next('One ', false) + message.next('two', false)).toBe('two');
  });
});
