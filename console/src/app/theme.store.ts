import { signal, type ReadonlySignal } from '@preact/signals';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'twinlane.theme';

/** Light or dark: as the system has it, or as somebody chose it in this browser. */
export class ThemeStore {
  private readonly chosen = signal<Theme>('system');

  constructor(
    private readonly root: { readonly dataset: Record<string, string | undefined> },
    private readonly storage: Pick<Storage, 'getItem' | 'setItem'>,
  ) {
    const kept = THEMES.find((theme) => theme === storage.getItem(KEY));
    if (kept) this.show(kept);
  }

  get theme(): ReadonlySignal<Theme> {
    return this.chosen;
  }

  choose(theme: Theme): void {
    this.storage.setItem(KEY, theme);
    this.show(theme);
  }

  private show(theme: Theme): void {
    this.chosen.value = theme;
    if (theme === 'system') delete this.root.dataset['theme'];
    else this.root.dataset['theme'] = theme;
  }
}
