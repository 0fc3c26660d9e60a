const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** How long something took or takes, as exact as it helps. */
export function elapsed(ms: number): string {
  if (ms < 10 * SECOND) return `${(Math.max(0, ms) / SECOND).toFixed(1)} s`;
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min ${Math.floor((ms % MINUTE) / SECOND)} s`;
  return `${Math.floor(ms / HOUR)} h ${Math.floor((ms % HOUR) / MINUTE)} min`;
}

/** The same of what goes on, told every second. */
export function elapsedSoFar(ms: number): string {
  return ms < MINUTE ? `${Math.floor(Math.max(0, ms) / SECOND)} s` : elapsed(ms);
}

export function count(value: number, one: string, many = `${one}s`): string {
  return `${value.toLocaleString('en')} ${value === 1 ? one : many}`;
}

/** Of text or of a file. @param units bytes, or what comes near */
export function size(units: number): string {
  if (units < 1_000) return `${units} B`;
  if (units < 1_000_000) return `${(units / 1_000).toFixed(1)} kB`;
  return `${(units / 1_000_000).toFixed(1)} MB`;
}
