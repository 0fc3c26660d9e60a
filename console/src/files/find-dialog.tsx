import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Dialog, Notice } from '../ui/index.js';
import { type FindStore, matchedLetters } from './find.store.js';
import { nameOf, parentOf, ROOT } from './paths.js';
import './find-dialog.css';

interface FindDialogProps {
  readonly find: FindStore;
  readonly onOpen: (path: string) => void;
  readonly onClose: () => void;
}

/** Opens a file by letters of its path. */
export function FindDialog({ find, onOpen, onClose }: FindDialogProps) {
  const [selected, setSelected] = useState(0);
  const id = useId();
  const list = useRef<HTMLUListElement>(null);
  const input = useRef<HTMLInputElement>(null);
  // Before the first letter: selected after it, it would give way to the second.
  useLayoutEffect(() => {
    void find.search();
    input.current?.select();
  }, [find]);
  const paths = find.paths.value;
  const index = Math.min(selected, Math.max(0, paths.length - 1));
  useEffect(() => list.current?.children[index]?.scrollIntoView({ block: 'nearest' }), [index]);
  const open = (path: string | undefined) => {
    if (path === undefined) return;
    onClose();
    onOpen(path);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setSelected(Math.min(index + 1, paths.length - 1));
    else if (event.key === 'ArrowUp') setSelected(Math.max(0, index - 1));
    else if (event.key === 'Enter') open(paths[index]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title="Open a file" onClose={onClose}>
      <div class="find-dialog">
        <input
          ref={input}
          class="input"
          type="text"
          autofocus
          role="combobox"
          aria-label="Letters of the path"
          aria-expanded={paths.length > 0}
          aria-controls={`${id}-list`}
          aria-activedescendant={paths.length > 0 ? `${id}-${index}` : undefined}
          aria-autocomplete="list"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          placeholder="Letters of its path"
          value={find.query.value}
          onInput={(event) => {
            setSelected(0);
            find.type(event.currentTarget.value);
          }}
          onKeyDown={onKeyDown}
        />
        {find.problem.value !== undefined && <Notice tone="bad">{find.problem.value}</Notice>}
        <ul class="find-dialog__list" id={`${id}-list`} role="listbox" aria-label="Files" ref={list}>
          {paths.map((path, at) => (
            <li
              key={path}
              id={`${id}-${at}`}
              class={`find-dialog__entry${at === index ? ' find-dialog__entry--selected' : ''}`}
              role="option"
              aria-selected={at === index}
              onClick={() => open(path)}
            >
              <FoundPath query={find.query.value} path={path} />
            </li>
          ))}
        </ul>
        <p class="find-dialog__note" role="status">
          {noteOf(find)}
        </p>
      </div>
    </Dialog>
  );
}

function noteOf({ paths, problem, note, isSearching }: FindStore): string {
  if (note.value !== '') return note.value;
  if (paths.value.length === 0 && problem.value === undefined)
    return isSearching.value ? 'Searching…' : 'No file of such a path.';
  return '';
}

/** The name first, then where it is; the letters that were meant stand out. */
function FoundPath({ query, path }: { readonly query: string; readonly path: string }) {
  const matched = matchedLetters(query, path);
  const name = nameOf(path);
  const directory = parentOf(path);
  const start = path.length - name.length;
  return (
    <>
      <Marked text={name} isMarked={(at) => matched.has(start + at)} />
      {directory !== ROOT && (
        <span class="find-dialog__directory">
          <Marked text={directory} isMarked={(at) => matched.has(at)} />
        </span>
      )}
    </>
  );
}

function Marked({ text, isMarked }: { readonly text: string; readonly isMarked: (at: number) => boolean }) {
  const runs: { start: number; text: string }[] = [];
  for (let at = 0; at < text.length; at++) {
    const run = runs.at(-1);
    if (run && isMarked(run.start) === isMarked(at)) run.text += text.charAt(at);
    else runs.push({ start: at, text: text.charAt(at) });
  }
  return <span>{runs.map(({ start, text: run }) => (isMarked(start) ? <mark key={start}>{run}</mark> : run))}</span>;
}
