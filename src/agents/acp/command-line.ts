/** A command line that cannot be read. */
export class CommandLineError extends Error {
  override readonly name = 'CommandLineError';
}

/**
 * Splits a command line into words, as a shell does: at blanks, but not within quotes; a backslash takes the next character
 * as it is, within double quotes only before `"` and `\`. Nothing is expanded and no shell runs.
 *
 * @throws CommandLineError when it is empty or a quote is not closed
 */
export function splitCommandLine(line: string): readonly [string, ...string[]] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at);
    const next = line.charAt(at + 1);
    if (quote === undefined && /\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === '\\' && next !== '' && (quote === undefined || (quote === '"' && /["\\]/.test(next)))) {
      word = (word ?? '') + next;
      at++;
    } else if (quote === undefined && (char === '"' || char === "'")) {
      quote = char;
      word ??= '';
    } else if (char === quote) quote = undefined;
    else word = (word ?? '') + char;
  }
  if (quote !== undefined) throw new CommandLineError(`A quote (${quote}) is not closed in: ${line}`);
  if (word !== undefined) words.push(word);
  const [command, ...rest] = words;
  if (command === undefined || command === '') throw new CommandLineError('The command line is empty.');
  return [command, ...rest];
}
