import { useEffect, useState } from 'preact/hooks';
import { CopyButton } from '../../ui/index.js';
import type { StyledCode } from './highlighter.js';

/** UTF-16 units beyond which code is shown plain: a parser would keep the page waiting. */
const MAX_HIGHLIGHTED = 100_000;
/** The same for code that is still being written, and parsed again with each picture. */
const MAX_WHILE_OPEN = 6_000;

interface CodeBlockProps {
  readonly code: string;
  /** As the text names it; empty where it names none. */
  readonly language: string;
  readonly isOpen: boolean;
}

/** Code with its language, a button that copies it, and colours once the language has been fetched. */
export function CodeBlock({ code, language, isOpen }: CodeBlockProps) {
  const styled = useHighlighted(code, language, isOpen);
  return (
    <figure class="code-block">
      <figcaption class="code-block__bar">
        <span>{language === '' ? 'text' : language}</span>
        <CopyButton label="Copy the code" text={() => code} />
      </figcaption>
      {/* It scrolls sideways, so keys must reach it. */}
      <pre tabIndex={0} role="group" aria-label={`Code${language === '' ? '' : `, ${language}`}`}>
        <code>
          {styled ? styled.map(({ text, style }) => (style === '' ? text : <span class={style}>{text}</span>)) : code}
        </code>
      </pre>
    </figure>
  );
}

function useHighlighted(code: string, language: string, isOpen: boolean): readonly StyledCode[] | undefined {
  const [styled, setStyled] = useState<{ readonly code: string; readonly pieces: readonly StyledCode[] }>();
  const isWanted = language !== '' && code.length <= (isOpen ? MAX_WHILE_OPEN : MAX_HIGHLIGHTED);
  useEffect(() => {
    if (!isWanted) return undefined;
    let isNewest = true;
    void import('./highlighter.js')
      .then(({ highlight }) => highlight(code, language))
      // Where the relay was updated meanwhile the language cannot be fetched; code without colours is still code.
      .catch(() => undefined)
      .then((pieces) => {
        if (isNewest && pieces) setStyled({ code, pieces });
      });
    return () => {
      isNewest = false;
    };
  }, [code, language, isWanted]);
  if (!styled || !code.startsWith(styled.code)) return undefined;
  const rest = code.slice(styled.code.length);
  return rest === '' ? styled.pieces : [...styled.pieces, { text: rest, style: '' }];
}
