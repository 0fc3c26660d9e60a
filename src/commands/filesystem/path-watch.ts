import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';

/** What a watch tells. */
export interface PathWatchListener {
  /** Something happened to the path, or around it: look. */
  touched(): void;
  /** The system could not watch it any more. */
  failed(error: unknown): void;
}

/**
 * Watches one path, also where it does not exist yet, is replaced, or goes with its directory and comes back: what is watched is the
 * nearest directory that exists, for the next name on the way to the path.
 *
 * Made of the system's own events, because chokidar misses what comes while it turns to the event before: a second replacement of a file,
 * and a directory that goes and comes back.
 */
export class PathWatch {
  private watcher: FSWatcher | undefined;
  private closed = false;
  /** The looking for what is to be watched now, one after another. */
  private arming: Promise<void> = Promise.resolve();

  private constructor(
    private readonly path: string,
    private readonly listener: PathWatchListener,
  ) {}

  /**
   * Resolves when nothing that happens from now on is missed.
   *
   * @param absolute of a file or directory; what lies below it is not watched
   */
  static async open(absolute: string, listener: PathWatchListener): Promise<PathWatch> {
    const watch = new PathWatch(absolute, listener);
    await watch.arm();
    return watch;
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.arming;
    this.watcher?.close();
  }

  private async arm(): Promise<void> {
    for (let before = await nearest(this.path); !this.closed;) {
      this.watcher?.close();
      this.watcher = this.watched(before);
      // Something may have come or gone before the watch was there; also the directory itself, for another of its name.
      const now = await nearest(this.path);
      if (this.watcher && now.directory === before.directory && now.identity === before.identity) return;
      before = now;
    }
  }

  /** @returns undefined where the directory has just gone */
  private watched({ directory, next }: Nearest): FSWatcher | undefined {
    let watcher: FSWatcher;
    try {
      watcher = watch(directory, { persistent: false });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    watcher.on('change', (_event, name) => {
      // Systems that do not say which name, and what happens to the directory itself, ask for a look too.
      const isElsewhere = name !== null && name !== path.basename(next) && name !== path.basename(directory);
      if (isElsewhere || this.watcher !== watcher) return;
      this.listener.touched();
      if (next !== this.path || name !== path.basename(next)) this.armAgain();
    });
    watcher.on('error', (error) => this.listener.failed(error));
    return watcher;
  }

  private armAgain(): void {
    this.arming = this.arming
      .then(() => this.arm())
      // It may be there already.
      .then(() => this.listener.touched())
      .catch((error: unknown) => this.listener.failed(error));
  }
}

/** A directory on the way to a path. */
interface Nearest {
  readonly directory: string;
  /** Tells the directory from another that takes its place. */
  readonly identity: string;
  /** The path, or what lies in the directory on the way to it. */
  readonly next: string;
}

async function nearest(absolute: string): Promise<Nearest> {
  const directory = path.dirname(absolute);
  const found = await stat(directory).catch(() => undefined);
  if (!found?.isDirectory() && directory !== absolute) return nearest(directory);
  return { directory, identity: `${found?.ino} ${found?.birthtimeMs}`, next: absolute };
}
