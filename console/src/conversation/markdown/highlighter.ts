import { LanguageDescription } from '@codemirror/language';
import { languages } from '@codemirror/language-data';
import { classHighlighter, highlightCode } from '@lezer/highlight';

/** A piece of code; `style` is made of class names. */
export interface StyledCode {
  readonly text: string;
  readonly style: string;
}

/** Code as styled pieces; undefined where the language is not known. Its parser is fetched when it is needed first. */
export async function highlight(code: string, language: string): Promise<readonly StyledCode[] | undefined> {
  const found = LanguageDescription.matchLanguageName(languages, language, true);
  if (!found) return undefined;
  const { parser } = (await found.load()).language;
  const pieces: StyledCode[] = [];
  highlightCode(
    code,
    parser.parse(code),
    classHighlighter,
    (text, style) => pieces.push({ text, style }),
    () => pieces.push({ text: '\n', style: '' }),
  );
  return pieces;
}
