import { Lexer, type Links, type Token } from 'marked';

/** Quotes and lists in one another; each is a call of the lexer in the one before. */
const MAX_NESTING = 24;
/** Columns that an item of a list may stand to the right: the same, in another form. */
const MAX_INDENT = 80;
/** Marks of emphasis in one paragraph: the lexer looks for the end of each through all that follows. */
const MAX_MARKS = 1_000;

const item = String.raw`(?:[-*+]|\d{1,9}[.)])(?=[ \t])`;
const NESTED = new RegExp(String.raw`^(?:[ \t]*(?:>|${item})){${MAX_NESTING + 1}}`, 'm');
const INDENTED = new RegExp(String.raw`^[ \t]{${MAX_INDENT + 1},}${item}`, 'm');
const MARK = /[*_~]/g;
/** Where one paragraph surely ends. */
const PARAGRAPH_END = /\n(?=[ \t]*\n| {0,3}[-*+] +\S)/;

/** The line that opens a fenced block of code. */
export const FENCE = /^ {0,3}(`{3,}(?=[^`\n]*\n)|~{3,}(?=[^\n]*\n))[^\n]*\n/;

/**
 * All tokens of a text. What nobody writes for a reader, but for the lexer to choke on, is one token of type `html`: shown as it stands.
 *
 * @param links what `[text][name]` refers to
 */
export function lexMarkdown(text: string, links: Links): readonly Token[] {
  if (isTooNested(text) || isTooMarked(text)) return [asItStands(text)];
  const lexer = new Lexer();
  Object.assign(lexer.tokens.links, links);
  return lexer.lex(text);
}

/** The blocks of a text, what is in their lines unread. @returns also the links that it defines */
export function lexBlocks(text: string): { readonly tokens: readonly Token[]; readonly links: Links } {
  if (isTooNested(text)) return { tokens: [asItStands(text)], links: {} };
  const lexer = new Lexer();
  const tokens: Token[] = lexer.blockTokens(text, []);
  return { tokens, links: lexer.tokens.links };
}

function isTooNested(text: string): boolean {
  return !FENCE.test(text) && (NESTED.test(text) || INDENTED.test(text));
}

function isTooMarked(text: string): boolean {
  if (FENCE.test(text) || !hasMoreMarks(text)) return false;
  return text.split(PARAGRAPH_END).some(hasMoreMarks);
}

function hasMoreMarks(text: string): boolean {
  return text.length > MAX_MARKS && (text.match(MARK)?.length ?? 0) > MAX_MARKS;
}

function asItStands(text: string): Token {
  return { type: 'html', raw: text, text, block: true, pre: false };
}
