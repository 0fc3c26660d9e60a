import type { Clock, Frame } from '../protocol/index.js';
import type { ClientLimits } from './client-options.js';
import { CommandError } from './client.error.js';
import type { PendingCommands } from './pending-commands.js';

/** When a file was changed last, as a device said it; null where there is none, undefined where it did not say. */
type LastModified = number | null | undefined;

interface Watch {
  lastModified: LastModified;
  /** Whether it is being asked for again. */
  isAsked: boolean;
}

/**
 * The files that are watched. A relay that was restarted knows nothing of them, and one that was not has told nobody of what changed
 * meanwhile: on each new link they are asked for again.
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

  /** A command was answered with success. */
  answered(command: string, fields: object, answer: Frame): void {
    const path: unknown = 'path' in fields ? fields.path : undefined;
    if (typeof path !== 'string') return;
    if (command === 'watch_file') this.watches.set(path, { lastModified: lastModifiedIn(answer), isAsked: false });
    if (command === 'unwatch_file') this.watches.delete(path);
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

  private async askAgain(path: string, watch: Watch): Promise<void> {
    watch.isAsked = true;
    try {
      const answer = await this.commands.ask('watch_file', { path }, this.limits.commandTimeoutMs);
      this.compare(path, watch, lastModifiedIn(answer));
    } catch (error) {
      if (this.watches.get(path) === watch) this.watches.delete(path);
      // Anything else is the end of the attachment, which says so itself.
      if (error instanceof CommandError) this.publish(refusal(path, error));
    } finally {
      watch.isAsked = false;
    }
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

function lastModifiedIn({ lastModified }: Frame): LastModified {
  return typeof lastModified === 'number' || lastModified === null ? lastModified : undefined;
}

/** As the device's answer is, where there was one. */
function refusal(path: string, { code, message, answer }: CommandError): Frame {
  return answer ?? { type: 'watch_file_response', path, success: false, error: message, error_code: code };
}
