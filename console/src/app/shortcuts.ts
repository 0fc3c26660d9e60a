import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

/** A key that does something anywhere on the page. */
export interface Shortcut {
  /** `KeyboardEvent.key`; after `g `, the second of two keys in a row. */
  readonly key: string;
  readonly label: string;
  readonly run: () => void;
}

/** The first of two keys counts for this long, in ms. */
const PAIR_MS = 1_200;
const GO = 'g';

const registered = signal<readonly Shortcut[]>([]);
/** What `?` shows. */
export const shortcuts = registered;

/** Adds keys for as long as a component is there. @param list the same one each time, or the keys flicker in the help */
export function useShortcuts(list: readonly Shortcut[]): void {
  useEffect(() => {
    registered.value = [...registered.peek(), ...list];
    return () => {
      registered.value = registered.peek().filter((one) => !list.includes(one));
    };
  }, [list]);
}

/** Listens for the keys; where somebody types, they are letters. */
export function listenForShortcuts(page: Document): void {
  let wentAt = -Infinity;
  page.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const isPair = event.timeStamp - wentAt < PAIR_MS;
    wentAt = event.key === GO && !isPair ? event.timeStamp : -Infinity;
    const wanted = isPair ? `${GO} ${event.key}` : event.key;
    const found = registered.peek().findLast(({ key }) => key === wanted);
    if (!found) return;
    event.preventDefault();
    found.run();
  });
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName) || target.closest('dialog') !== null
  );
}
