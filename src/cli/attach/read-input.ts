import { text } from 'node:stream/consumers';
import { usageError } from '../cli.error.js';
import type { CliIo } from '../cli-io.js';

/** The input of a turn: the words of the command line, else standard input. @throws CliError when there is none */
export async function readInput(words: readonly string[], { stdin }: CliIo): Promise<string> {
  const given = words.length > 0 ? words.join(' ') : stdin.isTTY ? '' : await text(stdin);
  if (given.trim() !== '') return given;
  throw usageError('Nothing to do: pass a text (twinlane attach -- "ls -la"), or pipe one in.');
}
