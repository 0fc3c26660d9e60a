import { signal, type ReadonlySignal } from '@preact/signals';
import type { Clock } from 'twinlane/protocol';

const EVERY_MS = 1_000;

/** What time it is, for texts such as "3 s ago": epoch ms, anew every second while the page is seen. */
export function tickingClock(clock: Clock, visible: ReadonlySignal<boolean>): ReadonlySignal<number> {
  const now = signal(clock.now());
  visible.subscribe((seen) => seen && (now.value = clock.now()));
  const tick = () => {
    if (visible.peek()) now.value = clock.now();
    clock.after(EVERY_MS, tick);
  };
  tick();
  return now;
}
