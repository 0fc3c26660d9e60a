import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GrowingText } from './growing-text.js';

describe('GrowingText', () => {
  it('says what each snapshot adds, or that it takes the place of the last', () => {
    const output = new GrowingText();
    expect(['a', 'a', 'ab', 'b', 'bc', ''].map((snapshot) => output.next(snapshot))).toEqual([
      { text: 'a', replaces: false },
      undefined,
      { text: 'b', replaces: false },
      { text: 'b', replaces: true },
      { text: 'c', replaces: false },
      { text: '', replaces: true },
    ]);
  });

  it('tells a text apart that was cut within a character', () => {
    const output = new GrowingText();
    expect(output.next('a\ud83d')).toEqual({ text: 'a\ud83d', replaces: false });
    expect(output.next('a\ufffd')).toEqual({ text: 'a\ufffd', replaces: true });
  });

  it('lets a reader have the newest snapshot at any time', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\ud83d', '\ude00'), maxLength: 5 })),
        (snapshots) => {
          const output = new GrowingText();
          let read = '';
          for (const snapshot of snapshots) {
            const growth = output.next(snapshot);
            if (growth) read = growth.replaces ? growth.text : read + growth.text;
            expect(read).toBe(snapshot);
          }
        },
      ),
      { seed: 20_261_123 },
    );
  });
});
