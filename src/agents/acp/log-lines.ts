import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { stripVTControlCharacters } from 'node:util';

/**
 * Hands out the text of a stream line by line, without ends of lines and control characters. Of a longer line only the
 * beginning is kept, and it says so.
 *
 * @param maxLength UTF-16 units of one line
 */
export function logLines(input: Readable, maxLength: number, log: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let line = '';
  let left = 0;
  const end = (): void => {
    if (line.trim() !== '') log(left === 0 ? line : `${line} … (${left} characters more)`);
    line = '';
    left = 0;
  };
  const take = (text: string): void => {
    const room = Math.max(0, maxLength - line.length);
    line += visible(text.slice(0, room));
    left += Math.max(0, text.length - room);
  };
  const read = (text: string): void => {
    const [first = '', ...rest] = text.split('\n');
    take(first);
    for (const part of rest) {
      end();
      take(part);
    }
  };
  input.on('data', (chunk: Buffer) => read(decoder.write(chunk)));
  input.on('close', () => {
    read(decoder.end());
    end();
  });
}

/** Colours and cursor movements would garble the log. */
function visible(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/\p{Cc}/gu, (char) => (char === '\t' ? char : ''));
}
