import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';

/** What the page that is shown puts into the header. */
export const headerSlot = signal<ComponentChildren>(undefined);

/** Shows something in the header, for as long as a component is there. @param content the same one each time while nothing changes */
export function useHeaderSlot(content: ComponentChildren): void {
  useEffect(() => {
    headerSlot.value = content;
    return () => {
      headerSlot.value = undefined;
    };
  }, [content]);
}
