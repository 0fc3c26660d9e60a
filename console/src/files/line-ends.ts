/**
 * What ends the lines of a text: an editor must not change those it did not touch. In a text that mixes them `\r` stays a letter of its line.
 */
export function lineEndOf(text: string): '\n' | '\r\n' {
  const first = text.indexOf('\n');
  if (first < 1) return '\n';
  return /(?:^|[^\r])\n/.test(text) ? '\n' : '\r\n';
}
