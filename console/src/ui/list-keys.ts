/** Which entry a key goes to, in a list of `count` entries of which `at` has the focus. Undefined: the key is none of these. */
export function entryForKey(key: string, at: number, count: number): number | undefined {
  if (count === 0) return undefined;
  const last = count - 1;
  switch (key) {
    case 'ArrowDown':
    case 'j':
      return Math.min(at + 1, last);
    case 'ArrowUp':
    case 'k':
      return Math.max(at - 1, 0);
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return undefined;
  }
}

/** Moves the focus among the elements that a selector names, for the arrows, Home, End, `j` and `k`. @returns whether the key was one of them */
export function moveFocus(event: KeyboardEvent, within: Element, selector: string): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const entries = [...within.querySelectorAll<HTMLElement>(selector)];
  const at = entries.findIndex((entry) => entry.contains(document.activeElement));
  const next = entryForKey(event.key, at, entries.length);
  if (next === undefined) return false;
  entries[next]?.focus();
  event.preventDefault();
  return true;
}
