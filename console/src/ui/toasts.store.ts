import { signal, type ReadonlySignal } from '@preact/signals';
import type { Clock } from 'twinlane/protocol';
import type { Tone } from './badge.js';

export interface Toast {
  readonly id: number;
  readonly tone: Tone;
  readonly text: string;
}

/** How long a toast stays, in ms; one that tells of something bad stays until it is closed. */
const SHOWN_MS = 6_000;
/** The oldest goes first. */
const MOST = 4;

/** Short words on what has happened, in a corner. */
export class Toasts {
  private readonly list = signal<readonly Toast[]>([]);
  private lastId = 0;

  constructor(private readonly clock: Clock) {}

  get shown(): ReadonlySignal<readonly Toast[]> {
    return this.list;
  }

  show(text: string, tone: Tone = 'quiet'): void {
    const id = ++this.lastId;
    this.list.value = [...this.list.value, { id, tone, text }].slice(-MOST);
    if (tone !== 'bad') this.clock.after(SHOWN_MS, () => this.close(id));
  }

  close(id: number): void {
    this.list.value = this.list.value.filter((toast) => toast.id !== id);
  }
}
