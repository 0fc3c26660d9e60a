import { Lexer, type Links, type MarkedToken, type Token, type Tokens } from 'marked';
import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { CodeBlock } from './code-block.js';
import './markdown.css';
import { safeLink } from './safe-link.js';

interface MarkdownViewProps {
  readonly raw: string;
  /** What `[text][name]` refers to. */
  readonly links: Links;
  /** Whether more may come. */
  readonly isOpen?: boolean;
}

/** Markdown as nodes; nothing in it is ever taken for HTML. */
export function MarkdownView({ raw, links, isOpen = false }: MarkdownViewProps) {
  const tokens = useMemo(() => {
    const lexer = new Lexer();
    Object.assign(lexer.tokens.links, links);
    return lexer.lex(raw);
  }, [raw, links]);
  return <div class="markdown">{blocks(tokens, isOpen)}</div>;
}

function blocks(tokens: readonly Token[], isOpen = false): ComponentChildren {
  return tokens.map((token) => block(token as MarkedToken, isOpen));
}

function block(token: MarkedToken, isOpen: boolean): ComponentChildren {
  switch (token.type) {
    case 'heading': {
      // The page's own headings end above these.
      const Heading = `h${Math.min(6, token.depth + 2)}` as 'h3';
      return <Heading class={`markdown__heading markdown__heading--${token.depth}`}>{inline(token.tokens)}</Heading>;
    }
    case 'paragraph':
      return <p>{inline(token.tokens)}</p>;
    case 'code':
      return <CodeBlock code={token.text} language={(token.lang ?? '').split(/\s/)[0] ?? ''} isOpen={isOpen} />;
    case 'list':
      return list(token);
    case 'table':
      return table(token);
    case 'blockquote':
      return <blockquote>{blocks(token.tokens)}</blockquote>;
    case 'hr':
      return <hr />;
    case 'html':
      return <p class="markdown__html">{token.raw.trimEnd()}</p>;
    case 'space':
    case 'def':
      return null;
    case 'text':
      return token.tokens ? inline(token.tokens) : token.text;
    default:
      return inline([token]);
  }
}

function list({ ordered, start, items }: Tokens.List): ComponentChildren {
  const entries = items.map((item) => (
    <li class={item.task ? 'markdown__task' : ''}>
      {item.task && (
        <input type="checkbox" checked={item.checked === true} disabled aria-label={item.checked ? 'done' : 'open'} />
      )}
      {blocks(item.tokens.filter(({ type }) => type !== 'checkbox'))}
    </li>
  ));
  return ordered ? <ol start={start === '' ? 1 : start}>{entries}</ol> : <ul>{entries}</ul>;
}

function table({ header, rows }: Tokens.Table): ComponentChildren {
  const cell = ({ tokens, align }: Tokens.TableCell, Cell: 'th' | 'td') => (
    <Cell class={align === null ? '' : `markdown__cell--${align}`}>{inline(tokens)}</Cell>
  );
  return (
    <div class="markdown__table" tabIndex={0} role="group" aria-label="Table">
      <table>
        <thead>
          <tr>{header.map((one) => cell(one, 'th'))}</tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr>{row.map((one) => cell(one, 'td'))}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function inline(tokens: readonly Token[]): ComponentChildren {
  return tokens.map((token) => span(token as MarkedToken));
}

function span(token: MarkedToken): ComponentChildren {
  switch (token.type) {
    case 'strong':
      return <strong>{inline(token.tokens)}</strong>;
    case 'em':
      return <em>{inline(token.tokens)}</em>;
    case 'del':
      return <del>{inline(token.tokens)}</del>;
    case 'codespan':
      return <code>{token.text}</code>;
    case 'br':
      return <br />;
    case 'link':
      return link(token.href, inline(token.tokens), token.title);
    case 'image':
      // Nothing is fetched from elsewhere: a picture is a link to it.
      return link(token.href, token.text === '' ? 'image' : token.text, token.title);
    case 'escape':
      return token.text;
    case 'text':
      return token.tokens ? inline(token.tokens) : unescaped(token.text);
    default:
      return token.raw;
  }
}

function link(href: string, text: ComponentChildren, title: string | null | undefined): ComponentChildren {
  const address = safeLink(href);
  if (address === undefined) return <span title={href}>{text}</span>;
  return (
    <a href={address} target="_blank" rel="noopener noreferrer" title={title ?? address}>
      {text}
    </a>
  );
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&nbsp;': '\u00a0',
};

/** What a text means in which a character may be written as an entity. */
function unescaped(text: string): string {
  return text.includes('&') ? text.replace(/&(?:amp|lt|gt|quot|#39|nbsp);/g, (name) => ENTITIES[name] ?? name) : text;
}
