/** The longest time a timer takes; this one only keeps the process alive. */
const LONG_MS = 2 ** 31 - 1;

/** Keeps the process running while `work` does: timers of ours never do so by themselves. */
export async function keepAlive<T>(work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, LONG_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** Resolves once the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
