import { stat } from 'node:fs/promises';
import path from 'node:path';
import { type FSWatcher, watch } from 'chokidar';

/** What a watch tells. */
export interface PathWatchListener {
  /** Something happened to the path, or around it: look. */
  touched(): void;
  /** The system could not watch it any more. */
  failed(error: unknown): void;
}

/**
 * Watches one path, also where it does not exist yet, is replaced, or goes with its directory and comes back: what is watched is the
 * nearest directory that exists, and in it the next name on the way to the path.
 */
export class PathWatch {
  private watcher: FSWatcher | undefined;
  private closed = false;
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
    await this.watcher?.close();
  }

  private async arm(): Promise<void> {
    for (;;) {
      const { directory, next } = await nearest(this.path);
      await this.watcher?.close();
      this.watcher = undefined;
      if (this.closed) return;
      this.watcher = await this.watched(directory, next);
      // Something may have come or gone before the watch was there.
      if ((await nearest(this.path)).directory === directory) return;
    }
  }

  private async watched(directory: string, next: string): Promise<FSWatcher> {
    const watcher = watch(directory, {
      depth: 0,
      ignoreInitial: true,
      ignorePermissionErrors: true,
      atomic: false,
      ignored: (name) => name !== directory && name !== next,
    });
    const seen = (name: string): void => {
      this.listener.touched();
      if (next !== this.path && name === next) this.armAgain();
    };
    watcher.on('all', (event, name) => {
      seen(name);
      if (event === 'unlinkDir' && name === directory) this.armAgain();
    });
    // chokidar misses a file's second replacement that comes while it turns to the first; the system's own events do not.
    watcher.on('raw', (_event, name) => {
      if (path.basename(name) === path.basename(next)) seen(next);
    });
    await new Promise<void>((resolve, reject) => {
      watcher.once('ready', resolve);
      watcher.on('error', (error) => {
        reject(error);
        this.listener.failed(error);
      });
    });
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

async function nearest(absolute: string): Promise<{ readonly directory: string; readonly next: string }> {
  const directory = path.dirname(absolute);
  const isThere = await stat(directory).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return isThere || directory === absolute ? { directory, next: absolute } : nearest(directory);
}
