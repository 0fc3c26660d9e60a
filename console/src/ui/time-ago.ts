const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long something lasts or is ago, in one unit. @param ms below zero, where two machines differ about the time, counts as zero */
export function duration(ms: number): string {
  if (ms < MINUTE) return `${Math.max(0, Math.floor(ms / SECOND))} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h`;
  return `${Math.floor(ms / DAY)} d`;
}

/** @param at epoch ms @param now epoch ms */
export function timeAgo(at: number, now: number): string {
  return now - at < 5 * SECOND ? 'just now' : `${duration(now - at)} ago`;
}
