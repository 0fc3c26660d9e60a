import type { Clock } from 'twinlane/protocol';
import { FilesStore } from './files.store.js';

/** The files of each environment that was looked at, by who looked and its id. */
const stores = new Map<string, FilesStore>();

/** @param tokenId who is signed in: what one person typed is nothing for the next */
export function filesOf(tokenId: string, environment: string, clock: Clock): FilesStore {
  const key = JSON.stringify([tokenId, environment]);
  const known = stores.get(key) ?? new FilesStore(clock);
  stores.set(key, known);
  return known;
}

/** Whether something is typed anywhere that is not on a device. */
function isAnythingTyped(): boolean {
  return [...stores.values()].some(({ files }) => files.dirty.value.length > 0);
}

/** Has the browser ask before the page is closed with something typed in it. */
export function warnBeforeLeaving(window: Window): void {
  window.addEventListener('beforeunload', (event) => {
    if (isAnythingTyped()) event.preventDefault();
  });
}
