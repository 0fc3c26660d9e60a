/**
 * A text as a literal of SQL, for statements that run on another thread, where nothing can be bound. What UTF-8 cannot
 * carry (a lone surrogate) or SQL ends at (NUL) is written as a blob of UTF-16, so that every text comes back as it was.
 */
export function sqlText(text: string): string {
  if (text.isWellFormed() && !text.includes('\0')) return `'${text.replaceAll("'", "''")}'`;
  return `X'${Buffer.from(text, 'utf16le').toString('hex')}'`;
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
