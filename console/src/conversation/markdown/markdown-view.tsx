import type { Links } from 'marked';
import { useMemo } from 'preact/hooks';
import { lexMarkdown } from './lex-markdown.js';
import './markdown.css';
import { markdownNodes } from './markdown-nodes.js';

interface MarkdownViewProps {
  readonly raw: string;
  /** What `[text][name]` refers to. */
  readonly links: Links;
  /** Whether more may come. */
  readonly isOpen?: boolean;
}

/** Markdown as nodes; nothing in it is ever taken for HTML. */
export function MarkdownView({ raw, links, isOpen = false }: MarkdownViewProps) {
  const tokens = useMemo(() => lexMarkdown(raw, links), [raw, links]);
  return <div class="markdown">{markdownNodes(tokens, isOpen)}</div>;
}
