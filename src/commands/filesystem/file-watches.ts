import { lstat } from 'node:fs/promises';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { CLOCK } from '../../config/index.js';
import { ProtocolEmitterService } from '../../emitter/index.js';
import type { Clock, Timer } from '../../protocol/index.js';
import { LINK_MONITOR, type LinkMonitor } from '../../transport/index.js';
import { Workspace } from '../../workspace/index.js';
import { CommandError } from '../command.error.js';
import { CommandsOptions } from '../commands.options.js';
import { Lanes } from '../lanes.js';
import { PathWatch } from './path-watch.js';

/** What tells one state of a file from another; undefined where there is none. */
interface FileState {
  readonly modified: number;
  readonly size: number;
  readonly inode: number;
}

interface FileWatch {
  readonly real: string;
  watch: PathWatch | undefined;
  /** As it was told last. */
  told: FileState | undefined;
  /** Until it is looked at. */
  timer: Timer | undefined;
}

/**
 * The files that clients watch, by path as they wrote it: the server knows who watches which path, and asks for each once. A change is told
 * as `file_changed`; what changes often is told as it is at intervals, and while there is no link nothing, but then how it is.
 */
@Injectable()
export class FileWatches implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(FileWatches.name);
  private readonly watches = new Map<string, FileWatch>();
  private readonly lanes = new Lanes();
  private closed = false;

  constructor(
    private readonly workspace: Workspace,
    private readonly emitter: ProtocolEmitterService,
    private readonly options: CommandsOptions,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LINK_MONITOR) private readonly links: LinkMonitor,
  ) {}

  onApplicationBootstrap(): void {
    this.followLink().catch((error: unknown) => this.logger.error(error));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.watches.keys()].map((path) => this.unwatch(path)));
  }

  /**
   * Watches a file, or the place where it will be; once, however often it is asked for.
   *
   * @returns when it was changed last, as far as that was told, in epoch ms; null where there is no such file
   * @throws PathRefusedError, PathDeniedError, CommandError `TOO_MANY`
   */
  watch(path: string): Promise<number | null> {
    return this.lanes.run(path, async () => {
      const real = await this.workspace.resolve(path);
      const known = this.watches.get(path);
      if (known?.real === real) return lastModifiedOf(known.told);
      if (known) await this.end(path, known);
      const { told } = await this.begin(path, real);
      return lastModifiedOf(told);
    });
  }

  unwatch(path: string): Promise<void> {
    return this.lanes.run(path, async () => {
      const known = this.watches.get(path);
      if (known) await this.end(path, known);
    });
  }

  private async begin(path: string, real: string): Promise<FileWatch> {
    if (this.watches.size >= this.options.maxWatches)
      throw new CommandError('TOO_MANY', `${this.watches.size} files are watched already; unwatch one of them first.`);
    if (this.closed) throw new CommandError('DRAINING', 'The listener is stopping; watch it again when it is back.');
    const watch: FileWatch = { real, watch: undefined, told: undefined, timer: undefined };
    this.watches.set(path, watch);
    try {
      watch.told = await stateOf(real);
      watch.watch = await PathWatch.open(real, {
        touched: () => this.lookSoon(path, watch),
        failed: (error) => this.logger.warn(`${real} cannot be watched: ${String(error)}`),
      });
      // It may have changed before the watch was there.
      this.lookSoon(path, watch);
      return watch;
    } catch (cause) {
      this.watches.delete(path);
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new CommandError('COMMAND_FAILED', `${path} cannot be watched: ${reason}`, { cause });
    }
  }

  private async end(path: string, watch: FileWatch): Promise<void> {
    this.watches.delete(path);
    watch.timer?.cancel();
    await watch.watch?.close();
  }

  private lookSoon(path: string, watch: FileWatch): void {
    if (this.watches.get(path) !== watch) return;
    watch.timer ??= this.clock.after(this.options.watchIntervalMs, () => {
      watch.timer = undefined;
      this.look(path, watch).catch((error: unknown) => this.logger.warn(String(error)));
    });
  }

  private async look(path: string, watch: FileWatch): Promise<void> {
    const state = await stateOf(watch.real);
    if (this.watches.get(path) !== watch || this.links.current.phase !== 'ready' || isSame(state, watch.told)) return;
    watch.told = state;
    const lastModified = lastModifiedOf(state) ?? this.clock.now();
    this.emitter.send({ type: 'file_changed', path, lastModified, ...(state ? {} : { deleted: true }) });
  }

  /** What happened without a link is told when there is one. */
  private async followLink(): Promise<void> {
    for await (const { phase } of this.links.states()) {
      if (phase === 'ready') for (const [path, watch] of this.watches) this.lookSoon(path, watch);
    }
  }
}

async function stateOf(real: string): Promise<FileState | undefined> {
  try {
    const { mtimeMs, size, ino } = await lstat(real);
    return { modified: mtimeMs, size, inode: ino };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

function lastModifiedOf(state: FileState | undefined): number | null {
  return state ? Math.trunc(state.modified) : null;
}

function isSame(a: FileState | undefined, b: FileState | undefined): boolean {
  return a?.modified === b?.modified && a?.size === b?.size && a?.inode === b?.inode;
}
