import type { Links } from 'marked';
import { FENCE, lexBlocks } from './lex-markdown.js';

/** UTF-16 units of one block; what is longer goes on in the next, so that nothing is ever lexed or drawn at once that is larger. */
const MAX_BLOCK = 32 * 1024;
/** Of what may wait to be lexed while nobody draws, as in a hidden tab. */
const MAX_WAITING = 256 * 1024;

/** A top-level block of a Markdown text. */
export interface MarkdownBlock {
  readonly raw: string;
  /** Whether it may still change. */
  readonly isOpen: boolean;
}

/**
 * A Markdown text that grows at its end, as blocks. Only the last block can change, so only that is lexed again, and it never is larger
 * than a bound.
 */
export class MarkdownBlocks {
  /** What `[text][name]` refers to, as far as it was seen. */
  readonly links: Links = {};
  private readonly closed: string[] = [];
  private waiting = '';
  private open = '';
  private endsInReturn = false;

  /** Blocks, the open one among them. */
  get length(): number {
    return this.closed.length + (this.open === '' ? 0 : 1);
  }

  at(index: number): MarkdownBlock | undefined {
    const raw = this.closed[index];
    if (raw !== undefined) return { raw, isOpen: false };
    return index === this.closed.length && this.open !== '' ? { raw: this.open, isOpen: true } : undefined;
  }

  /** All of it. */
  text(): string {
    return this.closed.join('') + this.open + this.waiting;
  }

  /** Takes what comes next; it shows in the blocks once `settle` was called. */
  append(text: string): void {
    this.waiting += this.withoutReturns(text);
    if (this.waiting.length > MAX_WAITING) this.settle();
  }

  /** Brings the blocks up to date. */
  settle(): void {
    if (this.waiting === '') return;
    this.open += this.waiting;
    this.waiting = '';
    if (!this.isInFence()) this.closeWhatEnded();
    while (this.open.length > MAX_BLOCK) {
      const [first, rest] = parted(this.open);
      this.closed.push(first);
      this.open = rest;
    }
  }

  /** Nothing more comes: the last block can no longer change. */
  finish(): void {
    this.settle();
    for (const raw of blocksIn(this.open, this.links)) this.close(raw);
    this.open = '';
  }

  /** Everything but the last block is final as soon as a whole line of the last one is there. */
  private closeWhatEnded(): void {
    const blocks = blocksIn(this.open, this.links);
    const last = blocks.at(-1);
    if (last === undefined || blocks.length === 1) return;
    const isSure = last.includes('\n') || last.length > MAX_BLOCK / 2;
    const keep = isSure ? 1 : 2;
    for (const raw of blocks.slice(0, -keep)) this.close(raw);
    this.open = blocks.slice(-keep).join('');
  }

  private close(raw: string): void {
    let rest = raw;
    while (rest.length > MAX_BLOCK) {
      const [first, more] = parted(rest);
      this.closed.push(first);
      rest = more;
    }
    if (rest !== '') this.closed.push(rest);
  }

  /** A fenced block of code that is not closed yet holds whatever comes, and needs no lexer. */
  private isInFence(): boolean {
    const fence = FENCE.exec(this.open);
    if (!fence) return false;
    const mark = fence[1] ?? '';
    const end = new RegExp(`^ {0,3}${mark.charAt(0)}{${mark.length},}[ \\t]*$`, 'm');
    return !end.test(this.open.slice(fence[0].length));
  }

  private withoutReturns(text: string): string {
    const begin = this.endsInReturn && text.startsWith('\n') ? text.slice(1) : text;
    if (text !== '') this.endsInReturn = text.endsWith('\r');
    return begin.includes('\r') ? begin.replace(/\r\n?/g, '\n') : begin;
  }
}

/** Parts a block that is too large, at the end of a line where it has one. Code goes on as code. */
function parted(block: string): [string, string] {
  const fence = FENCE.exec(block);
  const at = cutIn(block, fence?.[0].length ?? 0);
  const [first, rest] = [block.slice(0, at), block.slice(at)];
  if (!fence) return [first, rest];
  return [`${first.replace(/\n$/, '')}\n${fence[1] ?? ''}\n`, fence[0] + rest];
}

function cutIn(text: string, from: number): number {
  const line = text.lastIndexOf('\n', MAX_BLOCK - 1) + 1;
  if (line > from) return line;
  const blank = text.lastIndexOf(' ', MAX_BLOCK - 1) + 1;
  return blank > from ? blank : MAX_BLOCK;
}

/** The raw texts of the top-level blocks, blank lines with the block before them. Definitions of links are noted. */
function blocksIn(text: string, links: Links): string[] {
  if (text === '') return [];
  const { tokens, links: defined } = lexBlocks(text);
  Object.assign(links, defined);
  const blocks: string[] = [];
  let length = 0;
  for (const { type, raw } of tokens) {
    // What the lexer gives as raw may differ from what stands there, but not in length.
    const block = text.slice(length, (length += raw.length));
    const last = blocks.length - 1;
    if (type === 'space' && last >= 0) blocks[last] += block;
    else blocks.push(block);
  }
  return length === text.length ? blocks : [text];
}
