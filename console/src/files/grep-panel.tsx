import type { Signal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { Button, Notice } from '../ui/index.js';
import type { GrepFile, GrepLine } from './grep-rows.js';
import type { GrepStore } from './grep.store.js';
import './grep-panel.css';

interface GrepPanelProps {
  readonly grep: GrepStore;
  readonly onOpen: (path: string, line: number) => void;
}

/** Finds a text in the files of a workspace, and shows where it stands. */
export function GrepPanel({ grep, onOpen }: GrepPanelProps) {
  const input = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, []);
  return (
    <div class="grep">
      <form
        class="grep__form"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          void grep.search();
        }}
      >
        <input
          ref={input}
          class="input"
          type="search"
          aria-label="Text to find"
          placeholder="Text to find"
          autocapitalize="off"
          autocomplete="off"
          spellcheck={false}
          value={grep.query.value}
          onInput={(event) => (grep.query.value = event.currentTarget.value)}
        />
        <div class="grep__options">
          <Toggle label="Aa" name="Case counts" on={grep.isCaseSensitive} changed={() => void grep.search()} />
          <Toggle label="ab" name="Whole words" on={grep.isWholeWord} changed={() => void grep.search()} />
          <Toggle label=".*" name="Regular expression" on={grep.isRegex} changed={() => void grep.search()} />
          <input
            class="input grep__glob"
            type="text"
            aria-label="In files like"
            placeholder="*.ts"
            autocapitalize="off"
            autocomplete="off"
            spellcheck={false}
            value={grep.glob.value}
            onInput={(event) => (grep.glob.value = event.currentTarget.value)}
          />
          <Button type="submit" icon="search">
            Find
          </Button>
        </div>
      </form>
      {grep.problem.value !== undefined && <Notice tone="bad">{grep.problem.value}</Notice>}
      <p class="grep__summary" role="status">
        {summaryOf(grep)}
      </p>
      <div class="grep__results">
        {grep.files.value.map((file) => (
          <Found key={file.path} file={file} onOpen={onOpen} />
        ))}
      </div>
    </div>
  );
}

function summaryOf({ isSearching, problem, searched, summary }: GrepStore): string {
  if (isSearching.value) return 'Searching…';
  if (problem.value !== undefined) return '';
  return searched.value === undefined ? 'What git ignores is left out.' : `${summary.value}.`;
}

interface ToggleProps {
  readonly label: string;
  readonly name: string;
  readonly on: Signal<boolean>;
  readonly changed: () => void;
}

function Toggle({ label, name, on, changed }: ToggleProps) {
  return (
    <button
      type="button"
      class="grep__toggle"
      title={name}
      aria-pressed={on.value}
      onClick={() => {
        on.value = !on.value;
        changed();
      }}
    >
      {label}
      <span class="visually-hidden"> {name}</span>
    </button>
  );
}

function Found({ file, onOpen }: { readonly file: GrepFile; readonly onOpen: GrepPanelProps['onOpen'] }) {
  const { path, matches, groups } = file;
  return (
    <details class="grep__file" open>
      <summary>
        <bdi>{path}</bdi>
        <span class="grep__count">{matches}</span>
      </summary>
      {groups.map((group) => (
        <div class="grep__group" key={group[0]?.line}>
          {group.map((line) => (
            <button
              type="button"
              key={line.line}
              class={`grep__line${line.ranges.length > 0 ? ' grep__line--match' : ''}`}
              tabIndex={line.ranges.length > 0 ? 0 : -1}
              onClick={() => onOpen(path, line.line)}
            >
              <span class="grep__number">{line.line}</span>
              <code>
                <MarkedLine line={line} />
              </code>
            </button>
          ))}
        </div>
      ))}
    </details>
  );
}

function MarkedLine({ line: { text, ranges } }: { readonly line: GrepLine }) {
  let shown = 0;
  const parts = ranges.flatMap(({ from, to }) => {
    const before = text.slice(shown, from);
    shown = to;
    return [before, <mark key={from}>{text.slice(from, to)}</mark>];
  });
  return (
    <>
      {parts}
      {text.slice(shown)}
    </>
  );
}
