import { computed, signal, type ReadonlySignal } from '@preact/signals';
import type { Device } from './device.js';
import { entriesOf, UNREAD, type Directory, type Entry } from './directory.js';
import { ancestorsOf, parentOf, ROOT } from './paths.js';
import { treeRows, type TreeRow } from './tree-rows.js';
import { messageOf } from '../ui/index.js';

/** Entries that are asked for at once. */
export const PAGE_ENTRIES = 500;

/** The files of a workspace: what was opened is read, and nothing else. */
export class TreeStore {
  private readonly directories = signal<ReadonlyMap<string, Directory>>(new Map());
  /** Counts the readings of each directory: only the newest may say what is in it. */
  private readonly readings = new Map<string, number>();
  /** What is to be seen, from the top down. */
  readonly rows: ReadonlySignal<readonly TreeRow[]> = computed(() => treeRows(this.directories.value));
  readonly isReading = computed(() => this.directories.value.get(ROOT)?.isReading ?? false);

  constructor(private readonly device: Pick<Device, 'command'>) {}

  directory(path: string): Directory {
    return this.directories.value.get(path) ?? UNREAD;
  }

  /** Shows what is in a directory; what was read before is shown at once, and read again. */
  async open(path: string): Promise<void> {
    this.change(path, { isOpen: true });
    await this.read(path);
  }

  close(path: string): void {
    this.change(path, { isOpen: false });
  }

  toggle(path: string): Promise<void> {
    if (!this.directory(path).isOpen) return this.open(path);
    this.close(path);
    return Promise.resolve();
  }

  /** Reads the next page of a directory. */
  async more(path: string): Promise<void> {
    const { entries = [], hasMore } = this.directory(path);
    if (hasMore) await this.read(path, entries);
  }

  /** Opens every directory on the way to a path. */
  async reveal(path: string): Promise<void> {
    for (const directory of [ROOT, ...ancestorsOf(path)]) {
      const { isOpen, entries } = this.directory(directory);
      if (!isOpen || !entries) await this.open(directory);
    }
  }

  /** Reads again whatever is open; what is shown stays until the answer is here. What is being read is left to that: it may be a further page. */
  async refresh(): Promise<void> {
    const open = [...this.directories.value].filter(
      ([path, { isOpen, isReading }]) => isOpen && !isReading && this.isShown(path),
    );
    await Promise.all(open.map(([path]) => this.read(path)));
  }

  private isShown(path: string): boolean {
    return path === ROOT || [ROOT, ...ancestorsOf(path)].every((directory) => this.directory(directory).isOpen);
  }

  /** @param before what the new page stands behind */
  private async read(path: string, before: readonly Entry[] = []): Promise<void> {
    const reading = (this.readings.get(path) ?? 0) + 1;
    this.readings.set(path, reading);
    this.change(path, { isReading: true });
    // As much as was seen already, or half a directory would be gone after each look.
    const wanted = before.length + PAGE_ENTRIES;
    const most = Math.max(wanted, before.length === 0 ? (this.directory(path).entries?.length ?? 0) : 0);
    try {
      const entries = [...before];
      for (;;) {
        const limit = most - entries.length;
        const offset = entries.length;
        const answer = await this.device.command('list_in_directory', { path, include_files: true, limit, offset });
        if (this.readings.get(path) !== reading) return;
        const page = entriesOf(path, answer);
        entries.push(...page);
        if (answer.hasMore && entries.length < most && page.length > 0) continue;
        return this.learn(path, entries, answer.hasMore, answer.total);
      }
    } catch (error) {
      if (this.readings.get(path) === reading) this.change(path, { isReading: false, problem: messageOf(error) });
    }
  }

  private learn(path: string, entries: readonly Entry[], hasMore: boolean, total: number | undefined): void {
    const folders = new Set(entries.filter(({ isFolder }) => isFolder).map((entry) => entry.path));
    const kept = [...this.directories.value].filter(([known]) => {
      // A folder that is gone takes with it what was known of it; one behind the last page may still be there.
      return hasMore || known === path || known === ROOT || parentOf(known) !== path || folders.has(known);
    });
    this.directories.value = new Map(kept);
    this.change(path, { entries, hasMore, total, isReading: false, problem: undefined });
  }

  private change(path: string, change: Partial<Directory>): void {
    this.directories.value = new Map(this.directories.value).set(path, { ...this.directory(path), ...change });
  }
}
