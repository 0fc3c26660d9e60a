import { computed, signal, type ReadonlySignal } from '@preact/signals';
import type { Attachment } from 'twinlane/client';
import { type Screen, type TerminalPhase, TerminalStore } from './terminal.store.js';

/** What the terminals need of an attachment. */
export type TerminalsAttachment = Pick<Attachment, 'openTerminal' | 'states'>;

/** The screen of one terminal: rows and columns are its own, its keys go to the terminal. */
export interface AttachedScreen extends Screen {
  readonly size: { readonly cols: number; readonly rows: number };
  /** From now on keys, resizes and titles go there. */
  connect(terminal: TerminalStore): void;
  dispose(): void;
}

export interface OpenTerminal<S extends AttachedScreen> {
  readonly terminal: TerminalStore;
  readonly screen: S;
}

const RUNNING: ReadonlySet<TerminalPhase['name']> = new Set(['opening', 'open']);

/** The terminals that were opened from here, each in a tab; they go on while other pages are shown. */
export class TerminalsStore<S extends AttachedScreen> {
  readonly open = signal<readonly OpenTerminal<S>[]>([]);
  readonly active = signal<OpenTerminal<S> | undefined>(undefined);
  /** Why there is no link right now; undefined while there is one. */
  readonly away = signal<string | undefined>(undefined);
  /** Breaks that were survived, so that one sees it. */
  readonly returns = signal(0);
  /** Those that have not ended. */
  readonly running: ReadonlySignal<number> = computed(
    () => this.open.value.filter(({ terminal }) => RUNNING.has(terminal.phase.value.name)).length,
  );
  private last = 0;

  constructor(
    private readonly attachment: TerminalsAttachment,
    private readonly createScreen: () => S,
  ) {}

  /** Follows the link, until the attachment ends. */
  async follow(): Promise<void> {
    for await (const state of this.attachment.states()) {
      const wasAway = this.away.value !== undefined;
      this.away.value = awayText(state);
      if (state.phase !== 'open') continue;
      if (wasAway) this.returns.value++;
      for (const { terminal } of this.open.value) terminal.resume();
    }
  }

  /** Opens another terminal, and shows it. */
  add(): OpenTerminal<S> {
    const screen = this.createScreen();
    const spawn = this.attachment.openTerminal.bind(this.attachment);
    const terminal = new TerminalStore(++this.last, spawn, screen);
    const added = { terminal, screen };
    this.open.value = [...this.open.value, added];
    this.active.value = added;
    screen.connect(terminal);
    return added;
  }

  /** Takes a terminal away; one that runs is ended. */
  close(closed: OpenTerminal<S>): void {
    const index = this.open.value.indexOf(closed);
    if (index === -1) return;
    closed.terminal.kill();
    closed.screen.dispose();
    this.open.value = this.open.value.filter((other) => other !== closed);
    if (this.active.value === closed) this.active.value = this.open.value[Math.min(index, this.open.value.length - 1)];
  }
}

type State = Attachment['state'];

function awayText(state: State): string | undefined {
  if (state.phase === 'open') return undefined;
  return state.phase === 'reconnecting' ? state.reason : (state.error?.message ?? 'The attachment was closed.');
}
