/** Control, direction and zero-width characters: what could make something else be seen than what is there. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Text that somebody decides about: what would hide from the eye is spelled out; tabs and line ends stay. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (char) => {
    if (char === '\n' || char === '\t') return char;
    return `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`;
  });
}
