import { SparseMap, type Frame } from '../../protocol/index.js';

/** Paths remembered as edited by one client; beyond, the oldest is forgotten. */
const MAX_EDITED = 256;

/** Which client watches or edits which path (protocol section 4). Paths are compared as written. */
export class FileWatches<Client extends object> {
  private readonly watchers = new SparseMap<string, Set<Client>>();
  private readonly edited = new SparseMap<Client, Set<string>>();

  get watchedPaths(): string[] {
    return [...this.watchers.keys()];
  }

  watch(client: Client, path: string): void {
    const watchers = this.watchers.get(path) ?? new Set<Client>();
    this.watchers.set(path, watchers.add(client));
  }

  /** @returns whether nobody watches this path any more */
  unwatch(client: Client, path: string): boolean {
    const watchers = this.watchers.get(path);
    watchers?.delete(client);
    if (watchers && watchers.size > 0) return false;
    this.watchers.delete(path);
    return true;
  }

  edit(client: Client, path: string): void {
    const paths = this.edited.get(client) ?? new Set<string>();
    this.edited.set(client, paths);
    paths.delete(path);
    paths.add(path);
    for (const oldest of paths) if (paths.size > MAX_EDITED) paths.delete(oldest);
  }

  watchersOf(path: unknown): Client[] {
    return typeof path === 'string' ? [...(this.watchers.get(path) ?? [])] : [];
  }

  /** Who watches or edits a path. */
  concerned(path: unknown): Client[] {
    if (typeof path !== 'string') return [];
    const editors = [...this.edited].filter(([, paths]) => paths.has(path)).map(([client]) => client);
    return [...new Set([...this.watchersOf(path), ...editors])];
  }

  isWatching(client: Client): boolean {
    return [...this.watchers.values()].some((watchers) => watchers.has(client));
  }

  /** @returns the paths that nobody watches any more */
  leave(client: Client): string[] {
    this.edited.delete(client);
    const watched = this.watchedPaths.filter((path) => this.watchers.get(path)?.has(client));
    return watched.filter((path) => this.unwatch(client, path));
  }
}

/** The path that a command edits; undefined when it edits none. */
export function editedPath(command: Frame): string | undefined {
  const path = command.type === 'edit_file' ? command['file_path'] : command['path'];
  const edits = command.type === 'edit_file' || command.type === 'write_file' || command.type === 'file_ops';
  return edits && typeof path === 'string' ? path : undefined;
}
