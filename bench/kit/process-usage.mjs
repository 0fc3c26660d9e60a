// What a process of another program uses, as Linux counts it.
import { readFileSync } from 'node:fs';

/** Of /proc: the kernel tells everybody 100 ticks a second, whatever it counts itself. */
const US_PER_TICK = 10_000;

/** CPU time of all its threads since it began, in µs. */
export function cpuUsOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // Its name may contain anything, and ends with the last parenthesis; the fields behind begin with the third.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * US_PER_TICK;
}
