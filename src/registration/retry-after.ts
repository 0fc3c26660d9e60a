/** Longest wait that a server may ask for, in ms. What goes far beyond it a timer could not hold, and would not wait at all. */
export const MAX_RETRY_AFTER_MS = 10 * 60_000;

/** Reads `Retry-After`, seconds or an HTTP date, as ms from now, at most `MAX_RETRY_AFTER_MS`; undefined when it is absent or unusable. */
export function readRetryAfter(value: string | null | undefined, now: number): number | undefined {
  if (!value) return undefined;
  const asked = /^\d+$/.test(value.trim()) ? Number(value) * 1_000 : Date.parse(value) - now;
  return Number.isNaN(asked) ? undefined : Math.min(Math.max(0, asked), MAX_RETRY_AFTER_MS);
}
