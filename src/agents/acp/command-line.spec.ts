import { describe, expect, it } from 'vitest';
import { splitCommandLine } from './command-line.js';

describe('splitCommandLine', () => {
  it.each([
    ['opencode acp', ['opencode', 'acp']],
    ['  a \t b\n', ['a', 'b']],
    [`"/opt/my agent/bin" 'two words'`, ['/opt/my agent/bin', 'two words']],
    [`a"b c"d`, ['ab cd']],
    [String.raw`a\ b "c\"d" 'e\f' "g\h"`, ['a b', 'c"d', String.raw`e\f`, String.raw`g\h`]],
    [`agent "" $HOME *`, ['agent', '', '$HOME', '*']],
  ])('splits %j', (line, words) => {
    expect(splitCommandLine(line)).toEqual(words);
  });

  it.each(['', '   ', '""', `'a`, '"a'])('refuses %j', (line) => {
    expect(() => splitCommandLine(line)).toThrow(/empty|not closed/);
  });
});
