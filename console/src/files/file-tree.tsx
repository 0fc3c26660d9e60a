import { useSignal } from '@preact/signals';
import { useEffect, useId, useRef } from 'preact/hooks';
import { Icon } from '../ui/index.js';
import type { TreeSelection } from './tree-selection.js';
import type { TreeRow } from './tree-rows.js';
import type { TreeStore } from './tree.store.js';
import './file-tree.css';

/** Height of a row in px, as `file-tree.css` has it: only the rows that are seen are on the page. */
const ROW_PX = { fine: 26, coarse: 40 };
/** Rows beyond both ends that are there already when somebody scrolls. */
const OVERSCAN_ROWS = 12;

interface FileTreeProps {
  readonly tree: TreeStore;
  readonly selection: TreeSelection;
  /** Path of the file that is shown beside it. */
  readonly current: string | undefined;
}

/** The files of a workspace, for the pointer and for keys: arrows, Enter, and letters of names. */
export function FileTree({ tree, selection, current }: FileTreeProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const view = useSignal({ top: 0, height: 600 });
  const id = useId();
  const rowPx = globalThis.matchMedia('(pointer: coarse)').matches ? ROW_PX.coarse : ROW_PX.fine;
  const measure = () => {
    const element = scroller.current;
    if (element) view.value = { top: element.scrollTop, height: element.clientHeight };
  };
  useEffect(() => {
    if (!scroller.current) return undefined;
    const observer = new ResizeObserver(measure);
    observer.observe(scroller.current);
    return () => observer.disconnect();
  }, []);
  const rows = tree.rows.value;
  const selected = selection.index.value;
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const top = selected * rowPx;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + rowPx > element.scrollTop + element.clientHeight)
      element.scrollTop = top + rowPx - element.clientHeight;
  }, [selected, rowPx]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (!selection.key(event.key, event.timeStamp)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  const from = Math.max(0, Math.floor(view.value.top / rowPx) - OVERSCAN_ROWS);
  const to = Math.ceil((view.value.top + view.value.height) / rowPx) + OVERSCAN_ROWS;
  return (
    <div
      class="file-tree"
      ref={scroller}
      role="tree"
      tabIndex={0}
      aria-label="Files of the workspace"
      aria-activedescendant={rows.length > 0 ? `${id}-${selected}` : undefined}
      onScroll={measure}
      onKeyDown={onKeyDown}
    >
      <div class="file-tree__rows" role="presentation" style={{ height: `${rows.length * rowPx}px` }}>
        {rows.slice(from, to).map((row, offset) => (
          <Row
            key={row.key}
            id={`${id}-${from + offset}`}
            row={row}
            top={(from + offset) * rowPx}
            isSelected={from + offset === selected}
            isCurrent={row.kind === 'entry' && row.entry.path === current}
            onActivate={() => selection.activate(row)}
          />
        ))}
      </div>
    </div>
  );
}

interface RowProps {
  readonly id: string;
  readonly row: TreeRow;
  readonly top: number;
  readonly isSelected: boolean;
  readonly isCurrent: boolean;
  readonly onActivate: () => void;
}

function Row({ id, row, top, isSelected, isCurrent, onActivate }: RowProps) {
  const isEntry = row.kind === 'entry';
  const names = [
    'file-tree__row',
    `file-tree__row--${row.kind}`,
    ...(isSelected ? ['file-tree__row--selected'] : []),
    ...(isCurrent ? ['file-tree__row--current'] : []),
    ...(isEntry && row.entry.isHidden ? ['file-tree__row--hidden'] : []),
  ];
  return (
    <div
      id={id}
      class={names.join(' ')}
      role="treeitem"
      aria-level={row.depth + 1}
      aria-selected={isSelected}
      aria-current={isCurrent ? 'true' : undefined}
      {...(isEntry ? { 'aria-posinset': row.position, 'aria-setsize': row.siblings } : {})}
      {...(isEntry && row.entry.isFolder ? { 'aria-expanded': row.isOpen } : {})}
      style={{ transform: `translateY(${top}px)`, paddingLeft: `${8 + row.depth * 14}px` }}
      title={isEntry ? row.entry.path : row.text}
      onClick={onActivate}
    >
      {isEntry ? (
        <>
          <span class={`file-tree__twist${row.isOpen ? ' file-tree__twist--open' : ''}`}>
            {row.entry.isFolder && <Icon name="chevronRight" size={12} />}
          </span>
          <Icon name={row.entry.isFolder ? 'folder' : 'file'} size={14} />
          <span class="file-tree__name">{row.entry.name}</span>
        </>
      ) : (
        <span class="file-tree__note">
          {row.text}
          {row.kind === 'problem' && ' Press to try again.'}
        </span>
      )}
    </div>
  );
}
