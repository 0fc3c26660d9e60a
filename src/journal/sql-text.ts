/**
 * A text as a literal of SQL, for statements that run on another thread, where nothing can be bound. What UTF-8 cannot
 * carry (a lone surrogate) or SQL ends at (NUL) is written as a blob of UTF-16, so that every text comes back as it was.
 */
export function sqlText(text: string): string {
  if (isPlain(text)) return `'${quoted(text)}'`;
  return `X'${Buffer.from(text, 'utf16le').toString('hex')}'`;
}

/** Texts as one literal, put together without a copy. */
export function sqlTextOfAll(texts: readonly string[]): string {
  if (!texts.every(isPlain)) return sqlText(texts.join(''));
  let joined = '';
  for (const text of texts) joined += quoted(text);
  return `'${joined}'`;
}

function isPlain(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

function quoted(text: string): string {
  return text.replaceAll("'", "''");
}

/** `NULL` for what is not there. */
export function sqlTextOrNull(text: string | null | undefined): string {
  return text === null || text === undefined ? 'NULL' : sqlText(text);
}

/** What `sqlText` wrote, as it is read from a column. */
export type StoredText = string | Buffer;

export function textOf(stored: StoredText): string {
  return typeof stored === 'string' ? stored : stored.toString('utf16le');
}
