import type { Clock, Frame, Timer } from '../protocol/index.js';
import type { ClientLimits } from './client-options.js';
import { CommandError } from './client.error.js';
import type { PendingCommands } from './pending-commands.js';

/** When a file was changed last, as a device said it; null where there is none, undefined where it did not say. */
type LastModified = number | null | undefined;

interface Watch {
  lastModified: LastModified;
  /** Whether it is being asked for again. */
  isAsked: boolean;
  /** Until it is asked for once more. */
  timer: Timer | undefined;
}

/** Nobody could ask the device, or nobody knows what it said: it may watch the file yet. */
const NOT_ASKED: ReadonlySet<string> = new Set([
  'DEVICE_OFFLINE',
  'COMMAND_TIMEOUT',
  'NOT_SENT',
  'OUTCOME_UNKNOWN',
  'DRAINING',
]);

/**
 * The files that are watched. A relay that was restarted knows nothing of them, and one that was not has told nobody of what changed
 * meanwhile: on each new link they are asked for again, and while the device cannot be asked, from time to time.
 */
export class WatchedFiles {
  private readonly watches = new Map<string, Watch>();

  /**
   * @param commands sends `watch_file`, and rejects where the answer says no
   * @param publish shows whoever reads frames that a file has changed, or is watched no longer
   */
  constructor(
    private readonly clock: Clock,
    private readonly limits: Pick<ClientLimits, 'commandTimeoutMs'>,
    private readonly commands: Pick<PendingCommands, 'ask'>,
    private readonly publish: (frame: Frame) => void,
  ) {}

  /** A command is sent: what is unwatched must not be asked for behind it. */
  asks(command: string, fields: object): void {
    const path = pathIn(fields);
    if (command === 'unwatch_file' && path !== undefined) this.forget(path);
  }

  /** A command was answered with success. */
  answered(command: string, fields: object, answer: Frame): void {
    const path = pathIn(fields);
    if (path === undefined || (command !== 'watch_file' && command !== 'unwatch_file')) return;
    this.forget(path);
    if (command === 'unwatch_file') return;
    this.watches.set(path, { lastModified: lastModifiedIn(answer), isAsked: false, timer: undefined });
  }

  /** The device has told of a change. */
  learn({ type, path, lastModified, deleted }: Frame): void {
    const watch = type === 'file_changed' && typeof path === 'string' ? this.watches.get(path) : undefined;
    if (watch && typeof lastModified === 'number') watch.lastModified = deleted === true ? null : lastModified;
  }

  /** A new link is up. */
  resume(): void {
    for (const [path, watch] of this.watches) if (!watch.isAsked) void this.askAgain(path, watch);
  }

  /** The attachment has ended. */
  end(): void {
    for (const path of this.watches.keys()) this.forget(path);
  }

  private forget(path: string): void {
    this.watches.get(path)?.timer?.cancel();
    this.watches.delete(path);
  }

  private async askAgain(path: string, watch: Watch): Promise<void> {
    watch.timer?.cancel();
    watch.isAsked = true;
    const before = watch.lastModified;
    try {
      const answer = await this.commands.ask('watch_file', { path }, this.limits.commandTimeoutMs);
      // What was told since then is newer.
      if (watch.lastModified === before) this.compare(path, watch, lastModifiedIn(answer));
    } catch (error) {
      this.failed(path, watch, error);
    } finally {
      watch.isAsked = false;
    }
  }

  private failed(path: string, watch: Watch, error: unknown): void {
    if (this.watches.get(path) !== watch) return;
    // Anything else is the end of the attachment, which says so itself.
    if (!(error instanceof CommandError)) return this.forget(path);
    if (NOT_ASKED.has(error.code)) {
      watch.timer = this.clock.after(this.limits.commandTimeoutMs, () => void this.askAgain(path, watch));
      return;
    }
    this.forget(path);
    this.publish(refusal(path, error));
  }

  private compare(path: string, watch: Watch, now: LastModified): void {
    const before = watch.lastModified;
    if (this.watches.get(path) !== watch || now === undefined) return;
    watch.lastModified = now;
    if (before === undefined || before === now) return;
    const change = now === null ? { lastModified: this.clock.now(), deleted: true } : { lastModified: now };
    this.publish({ type: 'file_changed', path, ...change });
  }
}

function pathIn(fields: object): string | undefined {
  const path: unknown = 'path' in fields ? fields.path : undefined;
  return typeof path === 'string' ? path : undefined;
}

function lastModifiedIn({ lastModified }: Frame): LastModified {
  return typeof lastModified === 'number' || lastModified === null ? lastModified : undefined;
}

/** As the device's answer is, where there was one. */
function refusal(path: string, { code, message, answer }: CommandError): Frame {
  return answer ?? { type: 'watch_file_response', path, success: false, error: message, error_code: code };
}
