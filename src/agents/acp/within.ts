import type { Clock } from '../../protocol/index.js';

/** Resolves with the work, at the latest after `ms`. */
export async function within(clock: Clock, ms: number, work: Promise<unknown>): Promise<void> {
  let over = (): void => {};
  const timer = clock.after(ms, () => over());
  await Promise.race([work.catch(() => {}), new Promise<void>((resolve) => (over = resolve))]);
  timer.cancel();
}

/** Resolves once it is aborted, with undefined. */
export function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
