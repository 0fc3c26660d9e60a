import { effect } from '@preact/signals';
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { makeElementsFitPolicy } from './policy-elements.js';
import type { TerminalSettings } from './terminal-settings.js';
import { terminalTheme } from './terminal-theme.js';
import type { TerminalStore } from './terminal.store.js';
import type { AttachedScreen } from './terminals.store.js';

/** Lines that can be scrolled back to. */
const SCROLLBACK_LINES = 5_000;
/** Of the colours that programs choose against their background, as people with weak eyes need it. */
const LEAST_CONTRAST = 4.5;

export interface ScreenSurroundings {
  readonly settings: { readonly value: TerminalSettings };
  readonly isDark: { readonly value: boolean };
  /** Something to tell the person, in a corner. */
  readonly tell: (text: string) => void;
  /** Ctrl+Shift+X: out of the terminal, which keeps every other key. */
  readonly leave: () => void;
}

/** A terminal on the page. It lives on while it is not shown: its element is only taken away. */
export class XtermScreen implements AttachedScreen {
  private readonly xterm: Terminal;
  private readonly fit = new FitAddon();
  private readonly host = document.createElement('div');
  private readonly endEffects: () => void;
  private observer: ResizeObserver | undefined;

  constructor(private readonly surroundings: ScreenSurroundings) {
    const { settings, isDark } = surroundings;
    makeElementsFitPolicy(document);
    this.host.className = 'xterm-host';
    this.xterm = new Terminal({
      fontFamily: getComputedStyle(document.documentElement).getPropertyValue('--font-code'),
      fontSize: settings.value.fontSize,
      lineHeight: 1.15,
      scrollback: SCROLLBACK_LINES,
      minimumContrastRatio: LEAST_CONTRAST,
      // It blinks by an animation for which the browser works out styles with every picture, also while nothing happens.
      cursorBlink: false,
      macOptionIsMeta: true,
      theme: terminalTheme(isDark.value),
    });
    this.xterm.loadAddon(this.fit);
    this.xterm.attachCustomKeyEventHandler((event) => this.takesKey(event));
    this.endEffects = effect(() => {
      const { fontSize, isReadAloud } = settings.value;
      this.xterm.options = { fontSize, screenReaderMode: isReadAloud, theme: terminalTheme(isDark.value) };
      this.fitNow();
    });
  }

  get size(): { readonly cols: number; readonly rows: number } {
    return { cols: this.xterm.cols, rows: this.xterm.rows };
  }

  /** Whether the program wants the other kind of arrows. */
  get hasApplicationArrows(): boolean {
    return this.xterm.modes.applicationCursorKeysMode;
  }

  connect(terminal: TerminalStore): void {
    this.xterm.onData((text) => terminal.type(text));
    // What is not text, such as some mouse reports.
    this.xterm.onBinary((text) => terminal.type(text));
    this.xterm.onResize(({ cols, rows }) => terminal.resize(cols, rows));
    this.xterm.onTitleChange((title) => (terminal.title.value = title));
  }

  write(text: string): Promise<void> {
    return new Promise((resolve) => this.xterm.write(text, resolve));
  }

  /** Puts it into an element of the page. @returns takes it away again */
  show(parent: HTMLElement): () => void {
    parent.append(this.host);
    if (!this.xterm.element) this.xterm.open(this.host);
    this.fitNow();
    this.observer = new ResizeObserver(() => this.fitNow());
    this.observer.observe(parent);
    return () => {
      this.observer?.disconnect();
      this.host.remove();
    };
  }

  focus(): void {
    this.xterm.focus();
  }

  clear(): void {
    this.xterm.clear();
  }

  /** As if it came from the clipboard: programs are told that it is pasted, where they asked for that. */
  paste(text: string): void {
    this.xterm.paste(text);
  }

  dispose(): void {
    this.endEffects();
    this.observer?.disconnect();
    this.xterm.dispose();
    this.host.remove();
  }

  private fitNow(): void {
    if (this.host.isConnected && this.host.clientWidth > 0) this.fit.fit();
  }

  /** @returns whether the terminal gets the key */
  private takesKey(event: KeyboardEvent): boolean {
    if (!event.ctrlKey || !event.shiftKey || event.altKey || event.metaKey) return true;
    const key = event.key.toUpperCase();
    // The browser pastes, and the terminal takes it as that.
    if (key === 'V') return false;
    if (key !== 'C' && key !== 'X') return true;
    event.preventDefault();
    if (event.type !== 'keydown') return false;
    if (key === 'X') this.surroundings.leave();
    else void this.copy();
    return false;
  }

  private async copy(): Promise<void> {
    const text = this.xterm.getSelection();
    if (text === '') return;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // No clipboard on pages without https, or it was refused.
      this.surroundings.tell('This browser does not let the page copy here; use its own menu on the selection.');
    }
  }
}
