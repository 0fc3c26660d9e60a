/** Characters a token has at least; shorter ones can be guessed. */
export const MIN_TOKEN_LENGTH = 16;

/** A tokens file that cannot be used. Names the line, never what stands in it. */
export class TokensFileError extends Error {
  override readonly name = 'TokensFileError';
}

/**
 * Reads a tokens file: one token a line; blank lines and lines that begin with `#` are skipped.
 *
 * @param source what to call the file in errors
 * @throws TokensFileError for a token that is too short, has spaces in it, or when there is none at all
 */
export function parseTokensFile(text: string, source: string): string[] {
  const tokens: string[] = [];
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    if (/\s/.test(line))
      throw new TokensFileError(`${source}, line ${index + 1}: a token has no spaces; put one token on each line.`);
    if (line.length < MIN_TOKEN_LENGTH)
      throw new TokensFileError(
        `${source}, line ${index + 1}: a token needs at least ${MIN_TOKEN_LENGTH} characters; make one with \`openssl rand -hex 32\`.`,
      );
    tokens.push(line);
  }
  if (tokens.length === 0) throw new TokensFileError(`${source} has no token; put one token on each line.`);
  return tokens;
}
