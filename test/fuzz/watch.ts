import { Logger, type LoggerService } from '@nestjs/common';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What was found: the words say what was promised and did not hold. */
export class Finding extends Error {
  override readonly name = 'Finding';
}

/** @throws Finding */
export function promise(holds: boolean, otherwise: () => string): void {
  if (!holds) throw new Finding(otherwise());
}

/** As errors carry it; a log may also call an error what a server should not have said. */
const STACK = /\n\s+at /;

/** Sees what would have ended the process, and errors that were caught and logged: no peer may bring either about. */
export class ProcessWatch {
  private readonly seen: string[] = [];
  private noted: () => void = () => {};
  private readonly note = (error: unknown): void => {
    this.seen.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    this.noted();
  };
  private readonly logger: LoggerService = {
    log() {},
    warn() {},
    error: (...said: unknown[]) => {
      const stack = said.find((part) => part instanceof Error || (typeof part === 'string' && STACK.test(part)));
      if (stack !== undefined) this.note(stack);
    },
  };

  /**
   * Does something that nothing of this may come of. Ends with the first that is seen: what it has broken may be waited for in vain.
   *
   * @throws Finding
   */
  async during(work: () => Promise<void>): Promise<void> {
    this.start();
    const seen = new Promise<void>((resolve) => (this.noted = resolve));
    const [outcome] = await Promise.allSettled([Promise.race([work(), seen])]);
    this.stop();
    // Says more than what failed because of it.
    this.check();
    if (outcome.status === 'rejected') throw outcome.reason;
  }

  private start(): void {
    process.on('uncaughtException', this.note);
    process.on('unhandledRejection', this.note);
    // After the applications have begun, whose modules bring loggers of their own.
    Logger.overrideLogger(this.logger);
  }

  private stop(): void {
    process.off('uncaughtException', this.note);
    process.off('unhandledRejection', this.note);
    Logger.overrideLogger(false);
  }

  private check(): void {
    const seen = this.seen.splice(0);
    promise(seen.length === 0, () => `The process would have died, or failed inside:\n${seen.join('\n')}`);
    promise(!('polluted' in {}), () => 'A prototype was changed.');
  }
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes of what is still reachable. */
export function heapInUse(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** Counts by name, for the report. */
export class Tally {
  private readonly counts = new Map<string, number>();

  add(name: string, by = 1): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + by);
  }

  get(name: string): number {
    return this.counts.get(name) ?? 0;
  }

  lines(): string[] {
    return [...this.counts].toSorted(([a], [b]) => a.localeCompare(b)).map(([name, count]) => `${name}: ${count}`);
  }
}
