/** A timer that was set; cancelling one that has fired does nothing. */
export interface Timer {
  /** It does not fire any more. */
  cancel(): void;
}

/** Time, as it comes into constructors: tests bring a clock that they move themselves. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Milliseconds since some moment, with fractions; never set back, for measuring how long something took. */
  elapsed(): number;
  /** Runs once after at least `ms` milliseconds. */
  after(ms: number, run: () => void): Timer;
}

/** Thousands of them wait at any time. */
class SystemTimer implements Timer {
  constructor(private readonly timeout: ReturnType<typeof setTimeout>) {}

  cancel(): void {
    clearTimeout(this.timeout);
  }
}

export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after: (ms, run) => new SystemTimer(setTimeout(run, ms)),
};

/** Rejects with `error()` unless `work` settles within `ms` milliseconds. */
export async function withDeadline<T>(work: Promise<T>, ms: number, clock: Clock, error: () => Error): Promise<T> {
  let timer: Timer | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = clock.after(ms, () => reject(error()));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    timer?.cancel();
  }
}

/** Resolves after `ms` milliseconds, or as soon as the signal is aborted. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.after(ms, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}
