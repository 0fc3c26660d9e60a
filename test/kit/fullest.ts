/** How many of the times fall into the fullest slot of this width: all of them, where they come as a herd. */
export function fullest(times: readonly number[], slotMs: number): number {
  const counts = new Map<number, number>();
  for (const time of times) {
    const slot = Math.floor(time / slotMs);
    counts.set(slot, (counts.get(slot) ?? 0) + 1);
  }
  return Math.max(...counts.values());
}
