import { readFile } from 'node:fs/promises';
import { usageError } from '../cli.error.js';
import { codeOf } from '../code-of.js';
import { oneToken } from './one-token.js';

/**
 * The token that a file holds just now.
 *
 * @throws CliError when it cannot be read, or holds no token
 */
export async function fileToken(path: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw usageError(
      `The token file ${path} cannot be read (${codeOf(cause)}); correct TWINLANE_TOKEN_FILE or --token-file.`,
    );
  }
  const token = oneToken(text);
  if (token === undefined) throw usageError(`The token file ${path} does not hold one token and nothing else.`);
  return token;
}
