import { computed, signal, type ReadonlySignal } from '@preact/signals';
import { parentOf } from './paths.js';
import type { TreeRow } from './tree-rows.js';
import type { TreeStore } from './tree.store.js';

/** Letters typed within this time of each other are one word; milliseconds. */
const WORD_PAUSE_MS = 700;

/** Which row of a tree the keyboard is on, and what keys do there (as the ARIA pattern of trees has it). */
export class TreeSelection {
  private readonly wanted = signal<string | undefined>(undefined);
  private word = '';
  private typedAt = -Infinity;
  /** Where that row stands; 0 in a tree that has none. */
  readonly index: ReadonlySignal<number> = computed(() => {
    const index = this.tree.rows.value.findIndex(({ key }) => key === this.wanted.value);
    return Math.max(0, index);
  });
  readonly row: ReadonlySignal<TreeRow | undefined> = computed(() => this.tree.rows.value[this.index.value]);

  /** @param openFile what Enter does on a file */
  constructor(
    private readonly tree: TreeStore,
    private readonly openFile: (path: string) => void,
  ) {}

  select(key: string): void {
    this.wanted.value = key;
  }

  /**
   * @param at when it was pressed, in ms
   * @returns whether the key means something here
   */
  key(key: string, at: number): boolean {
    const { value: rows } = this.tree.rows;
    if (key === 'ArrowDown') this.goTo(this.index.value + 1);
    else if (key === 'ArrowUp') this.goTo(this.index.value - 1);
    else if (key === 'Home') this.goTo(0);
    else if (key === 'End') this.goTo(rows.length - 1);
    else if (key === 'ArrowRight') this.inwards();
    else if (key === 'ArrowLeft') this.outwards();
    else if (key === 'Enter' || (key === ' ' && at - this.typedAt > WORD_PAUSE_MS)) this.activate();
    else if (key.length === 1) this.typed(key, at);
    else return false;
    return true;
  }

  /** Opens what the keyboard is on: a file, a folder, or the next page. */
  activate(row: TreeRow | undefined = this.row.value): void {
    if (!row) return;
    this.select(row.key);
    if (row.kind === 'more') void this.tree.more(row.directory);
    else if (row.kind === 'problem') void this.tree.open(row.directory);
    else if (row.kind === 'entry' && row.entry.isFolder) void this.tree.toggle(row.entry.path);
    else if (row.kind === 'entry') this.openFile(row.entry.path);
  }

  private goTo(index: number): void {
    const { value: rows } = this.tree.rows;
    const row = rows[Math.min(rows.length - 1, Math.max(0, index))];
    if (row) this.select(row.key);
  }

  private inwards(): void {
    const { value: row } = this.row;
    if (row?.kind !== 'entry' || !row.entry.isFolder) return;
    if (!row.isOpen) void this.tree.open(row.entry.path);
    else if ((this.tree.rows.value[this.index.value + 1]?.depth ?? 0) > row.depth) this.goTo(this.index.value + 1);
  }

  private outwards(): void {
    const { value: row } = this.row;
    if (!row) return;
    if (row.kind === 'entry' && row.isOpen) this.tree.close(row.entry.path);
    else if (row.depth > 0) this.select(row.kind === 'entry' ? parentOf(row.entry.path) : row.directory);
  }

  private typed(letter: string, at: number): void {
    const isNewWord = at - this.typedAt > WORD_PAUSE_MS;
    this.typedAt = at;
    // The same letter again asks for the next name with it.
    const isAgain = !isNewWord && this.word === letter.toLowerCase();
    this.word = isNewWord || isAgain ? letter.toLowerCase() : this.word + letter.toLowerCase();
    const { value: rows } = this.tree.rows;
    const from = this.index.value + (this.word.length === 1 ? 1 : 0);
    for (let step = 0; step < rows.length; step++) {
      const row = rows[(from + step) % rows.length];
      if (row?.kind === 'entry' && row.entry.name.toLowerCase().startsWith(this.word)) return this.select(row.key);
    }
  }
}
