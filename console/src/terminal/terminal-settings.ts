import { signal } from '@preact/signals';

/** How terminals are shown in this browser. */
export interface TerminalSettings {
  /** In px. */
  readonly fontSize: number;
  /** Whether a screen reader is told what is printed: it costs time. */
  readonly isReadAloud: boolean;
}

const KEY = 'twinlane.terminal';
const DEFAULTS: TerminalSettings = { fontSize: 13, isReadAloud: false };
export const FONT_SIZES = { least: 9, most: 24 };

/** The settings, kept over visits. */
export class TerminalSettingsStore {
  readonly now = signal<TerminalSettings>(DEFAULTS);

  constructor(private readonly storage: Pick<Storage, 'getItem' | 'setItem'>) {
    this.now.value = read(storage.getItem(KEY));
  }

  change(change: Partial<TerminalSettings>): void {
    const { fontSize, ...rest } = { ...this.now.value, ...change };
    this.now.value = { ...rest, fontSize: Math.min(FONT_SIZES.most, Math.max(FONT_SIZES.least, fontSize)) };
    this.storage.setItem(KEY, JSON.stringify(this.now.value));
  }
}

function read(kept: string | null): TerminalSettings {
  try {
    const { fontSize, isReadAloud } = JSON.parse(kept ?? '{}') as Partial<Record<keyof TerminalSettings, unknown>>;
    return {
      fontSize: typeof fontSize === 'number' && fontSize >= FONT_SIZES.least ? fontSize : DEFAULTS.fontSize,
      isReadAloud: isReadAloud === true,
    };
  } catch {
    // Somebody else has written there.
    return DEFAULTS;
  }
}
