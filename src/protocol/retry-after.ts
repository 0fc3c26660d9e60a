/** Longest wait that a server may ask for, in ms. What goes far beyond it a timer could not hold, and would not wait at all. */
export const MAX_RETRY_AFTER_MS = 10 * 60_000;

/** How `Retry-After` is written: in whole seconds, rounded up. */
export function retryAfterSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1_000));
}

/** The reason of a close code that asks its peer to wait, because no header can (protocol section 2). First, as long reasons are cut. */
export function retryAfterReason(text: string, ms: number): string {
  return `Retry-After: ${retryAfterSeconds(ms)}. ${text}`;
}

/** Reads the wait that a close reason asks for, as ms; from other servers the first number counts. Undefined where there is none. */
export function readRetryAfterReason(reason: string): number | undefined {
  const [, seconds] = /Retry-After: *(\d+)/i.exec(reason) ?? /(\d+)/.exec(reason) ?? [];
  return readRetryAfter(seconds, 0);
}

/** Reads `Retry-After`, seconds or an HTTP date, as ms from now, at most `MAX_RETRY_AFTER_MS`; undefined when it is absent or unusable. */
export function readRetryAfter(value: string | null | undefined, now: number): number | undefined {
  if (!value) return undefined;
  const asked = /^\d+$/.test(value.trim()) ? Number(value) * 1_000 : Date.parse(value) - now;
  return Number.isNaN(asked) ? undefined : Math.min(Math.max(0, asked), MAX_RETRY_AFTER_MS);
}
