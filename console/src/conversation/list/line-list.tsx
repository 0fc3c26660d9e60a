import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { FollowedScroll } from './followed-scroll.js';

/** As the style sheet has it, in pixels. */
const LINE = 18;
/** Lines that are drawn beyond what is seen, on either side. */
const MARGIN = 20;

interface LineListProps {
  readonly label: string;
  readonly count: number;
  /** Lines that are seen at once, at most. */
  readonly maxLines: number;
  readonly render: (line: number) => ComponentChildren;
  readonly classOf?: (line: number) => string;
  /** Whether the end is to be seen as it grows, unless the reader has left it. */
  readonly follows: boolean;
}

/** Lines of one height, as many as there may be: only those that are seen are drawn. */
export function LineList({ label, count, maxLines, render, classOf, follows }: LineListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const scroll = useMemo(() => new FollowedScroll(), []);
  const [first, setFirst] = useState(0);
  const shown = Math.min(count, maxLines);
  const end = Math.max(0, count - maxLines);
  const at = follows && scroll.isFollowing ? end : Math.min(first, Math.max(0, count - 1));
  const from = Math.max(0, at - MARGIN);
  const to = Math.min(count, at + maxLines + MARGIN);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    scroll.look(element);
    if (follows && scroll.isFollowing) element.scrollTop = element.scrollHeight;
    scroll.placed(element.scrollTop);
  });
  const lines = [];
  for (let line = from; line < to; line++)
    lines.push(
      <div key={line} class={`line-list__line ${classOf?.(line) ?? ''}`}>
        {render(line)}
      </div>,
    );
  return (
    <div
      ref={scroller}
      class="line-list"
      // What scrolls must be reached by keys.
      tabIndex={0}
      role="group"
      aria-label={label}
      style={{ maxHeight: `${shown * LINE + LINE}px` }}
      onScroll={() => {
        if (!scroller.current) return;
        scroll.look(scroller.current);
        setFirst(Math.floor(scroller.current.scrollTop / LINE));
      }}
    >
      <div
        class="line-list__lines"
        style={{ paddingTop: `${from * LINE}px`, paddingBottom: `${(count - to) * LINE}px` }}
      >
        {lines}
      </div>
    </div>
  );
}
