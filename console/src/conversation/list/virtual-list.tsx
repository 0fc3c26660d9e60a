import type { ReadonlySignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Icon } from '../../ui/index.js';
import { ListWindow } from './list-window.js';
import './list.css';

interface Keyed {
  readonly key: string;
}

interface VirtualListProps<Row extends Keyed> {
  /** What a screen reader calls it. */
  readonly label: string;
  /** Rows only ever come at the end. */
  readonly rows: readonly Row[];
  /** Changes when there are more of them. */
  readonly revision: ReadonlySignal<number>;
  /** What a row may need before it was drawn, in pixels. */
  readonly estimate: (row: Row) => number;
  readonly render: (row: Row) => ComponentChildren;
  /** Whether `j` and `k` stop at a row. */
  readonly isStop: (row: Row) => boolean;
  /** Given what moves the list from outside. */
  readonly control: { current: ListControl | undefined };
}

export interface ListControl {
  /** Goes to the end and stays there. */
  toEnd(): void;
  /** Shows the last row that fits, and puts the focus on what `selector` names in it. */
  toRow(isWanted: (row: never) => boolean, selector?: string): void;
}

/** A list of which only what is seen is drawn. It never moves under its reader. */
export function VirtualList<Row extends Keyed>(props: VirtualListProps<Row>) {
  const { label, rows, revision, estimate, render, isStop, control } = props;
  const list = useMemo(() => new ListWindow(), []);
  const scroller = useRef<HTMLDivElement>(null);
  const wanted = useRef<{ readonly row: number; readonly selector: string | undefined }>(undefined);
  const [, setDrawing] = useState(0);
  const redraw = () => setDrawing((count) => count + 1);
  const seenRevision = useRef(0);
  void revision.value;
  list.resize(rows.length, (at) => estimateOf(rows[at], estimate));
  const range = list.range();
  const isFollowing = list.isFollowing;
  if (isFollowing) seenRevision.current = revision.value;
  /** Whether what is drawn is no longer what is to be seen. */
  const isOutdated = (): boolean => {
    const { from, to, before } = list.range();
    return from !== range.from || to !== range.to || before !== range.before || list.isFollowing !== isFollowing;
  };

  const settle = () => {
    const element = scroller.current;
    if (!element) return;
    list.look(element);
    for (const row of element.querySelectorAll<HTMLElement>('[data-row]'))
      list.measure(Number(row.dataset['row']), row.getBoundingClientRect().height);
    const top = list.scrollTop;
    if (Math.abs(element.scrollTop - top) >= 1) element.scrollTop = top;
    list.placed(element.scrollTop);
    if (isOutdated()) redraw();
  };
  useLayoutEffect(() => {
    settle();
    const target = wanted.current;
    const row = target && scroller.current?.querySelector<HTMLElement>(`[data-row="${target.row}"]`);
    if (!row) return;
    wanted.current = undefined;
    (target.selector === undefined ? row : (row.querySelector<HTMLElement>(target.selector) ?? row)).focus({
      preventScroll: true,
    });
  });
  useRowSizes(scroller, range, settle);

  const goTo = (row: number, selector?: string) => {
    wanted.current = { row, selector };
    list.reveal(row);
    redraw();
  };
  const toEnd = () => {
    list.follow();
    redraw();
  };
  control.current = {
    toEnd,
    toRow: (isWanted, selector) => {
      const at = rows.findLastIndex((row) => isWanted(row as never));
      if (at >= 0) goTo(at, selector);
    },
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key === 'End' || event.key === 'G') toEnd();
    else if (event.key === 'Home') goTo(0);
    else if (event.key === 'j' || event.key === 'k') {
      const next = neighbour(rows, rowOf(event.target) ?? list.firstSeen, event.key === 'j' ? 1 : -1, isStop);
      if (next === undefined) return event.key === 'j' ? toEnd() : undefined;
      goTo(next);
    } else return;
    event.preventDefault();
  };
  const isNew = !isFollowing && revision.value !== seenRevision.current;
  return (
    <div class="virtual-list">
      <div
        class="virtual-list__scroller"
        ref={scroller}
        role="log"
        aria-live="off"
        aria-label={label}
        tabIndex={0}
        onScroll={() => {
          if (!scroller.current) return;
          list.look(scroller.current);
          if (isOutdated()) redraw();
        }}
        onKeyDown={onKeyDown}
      >
        <div class="virtual-list__rows" style={{ paddingTop: `${range.before}px`, paddingBottom: `${range.after}px` }}>
          {rows.slice(range.from, range.to).map((row, at) => (
            <div class="virtual-list__row" key={row.key} data-row={range.from + at} tabIndex={-1}>
              {render(row)}
            </div>
          ))}
        </div>
      </div>
      {!isFollowing && (
        <button type="button" class="virtual-list__end" onClick={toEnd}>
          <Icon name="chevronDown" size={14} />
          {isNew ? 'New output below' : 'To the end'}
        </button>
      )}
    </div>
  );
}

/** Rows, and the place for them, may change their size at any time; that is told before the next picture. */
function useRowSizes(scroller: { current: HTMLElement | null }, range: object, settle: () => void): void {
  const newest = useRef(settle);
  newest.current = settle;
  const observer = useMemo(() => new ResizeObserver(() => newest.current()), []);
  useEffect(() => () => observer.disconnect(), [observer]);
  const key = Object.values(range).join();
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    observer.disconnect();
    observer.observe(element);
    for (const row of element.querySelectorAll('[data-row]')) observer.observe(row);
  }, [observer, key, scroller]);
}

function estimateOf<Row>(row: Row | undefined, estimate: (row: Row) => number): number {
  return row === undefined ? 0 : estimate(row);
}

function neighbour<Row>(
  rows: readonly Row[],
  from: number,
  step: 1 | -1,
  isStop: (row: Row) => boolean,
): number | undefined {
  for (let at = from + step; at >= 0 && at < rows.length; at += step) {
    const row = rows[at];
    if (row !== undefined && isStop(row)) return at;
  }
  return undefined;
}

function rowOf(target: EventTarget | null): number | undefined {
  const row = target instanceof Element ? target.closest<HTMLElement>('[data-row]') : null;
  return row ? Number(row.dataset['row']) : undefined;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && /^(input|textarea|select)$/i.test(target.tagName);
}
