import type { MarkedToken, Token, Tokens } from 'marked';
import type { ComponentChildren } from 'preact';
import { CodeBlock } from './code-block.js';
import { safeLink } from './safe-link.js';

/** Nodes in one another; what is deeper is shown as it is written. */
const MAX_DEPTH = 64;

/**
 * Tokens as nodes. Whatever they say, no node holds HTML of theirs, fetches anything, or links to what may not be followed.
 *
 * @param isOpen whether more may come
 */
export function markdownNodes(tokens: readonly Token[], isOpen = false): ComponentChildren {
  return blocks(tokens, 0, isOpen);
}

function blocks(tokens: readonly Token[], depth: number, isOpen = false): ComponentChildren {
  if (depth > MAX_DEPTH) return written(tokens);
  return tokens.map((token) => block(token as MarkedToken, depth, isOpen));
}

function block(token: MarkedToken, depth: number, isOpen: boolean): ComponentChildren {
  switch (token.type) {
    case 'heading': {
      // The page's own headings end above these.
      const Heading = `h${Math.min(6, token.depth + 2)}` as 'h3';
      return (
        <Heading class={`markdown__heading markdown__heading--${token.depth}`}>{inline(token.tokens, depth)}</Heading>
      );
    }
    case 'paragraph':
      return <p>{inline(token.tokens, depth)}</p>;
    case 'code':
      return <CodeBlock code={token.text} language={(token.lang ?? '').split(/\s/)[0] ?? ''} isOpen={isOpen} />;
    case 'list':
      return list(token, depth);
    case 'table':
      return table(token, depth);
    case 'blockquote':
      return <blockquote>{blocks(token.tokens, depth + 1)}</blockquote>;
    case 'hr':
      return <hr />;
    case 'html':
      return <p class="markdown__html">{token.raw.trimEnd()}</p>;
    case 'space':
    case 'def':
      return null;
    case 'text':
      return token.tokens ? inline(token.tokens, depth) : unescaped(token.text);
    default:
      return inline([token], depth);
  }
}

function list({ ordered, start, items }: Tokens.List, depth: number): ComponentChildren {
  const entries = items.map((item) => (
    <li class={item.task ? 'markdown__task' : ''}>
      {item.task && (
        <input type="checkbox" checked={item.checked === true} disabled aria-label={item.checked ? 'done' : 'open'} />
      )}
      {blocks(
        item.tokens.filter(({ type }) => type !== 'checkbox'),
        depth + 1,
      )}
    </li>
  ));
  return ordered ? <ol start={start === '' ? 1 : start}>{entries}</ol> : <ul>{entries}</ul>;
}

function table({ header, rows }: Tokens.Table, depth: number): ComponentChildren {
  const cell = ({ tokens, align }: Tokens.TableCell, Cell: 'th' | 'td') => (
    <Cell class={align === null ? '' : `markdown__cell--${align}`}>{inline(tokens, depth)}</Cell>
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

function inline(tokens: readonly Token[], depth: number): ComponentChildren {
  if (depth > MAX_DEPTH) return written(tokens);
  return tokens.map((token) => span(token as MarkedToken, depth + 1));
}

function written(tokens: readonly Token[]): string {
  return tokens.map(({ raw }) => raw).join('');
}

/** @param depth of what is in it */
function span(token: MarkedToken, depth: number): ComponentChildren {
  switch (token.type) {
    case 'strong':
      return <strong>{inline(token.tokens, depth)}</strong>;
    case 'em':
      return <em>{inline(token.tokens, depth)}</em>;
    case 'del':
      return <del>{inline(token.tokens, depth)}</del>;
    case 'codespan':
      return <code>{token.text}</code>;
    case 'br':
      return <br />;
    case 'link':
      return link(token.href, inline(token.tokens, depth), token.title);
    case 'image':
      // Nothing is fetched from elsewhere: a picture is a link to it.
      return link(token.href, token.text === '' ? 'image' : token.text, token.title);
    case 'escape':
      return token.text;
    case 'text':
      return token.tokens ? inline(token.tokens, depth) : unescaped(token.text);
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
