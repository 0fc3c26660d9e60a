/** What a token consists of: what may stand in a header after `Bearer`. */
const TOKEN = /^[\w.~+/=-]+$/;

/** The one token that a text is; undefined where it is anything else. */
export function oneToken(text: string): string | undefined {
  const trimmed = text.trim();
  return TOKEN.test(trimmed) ? trimmed : undefined;
}
