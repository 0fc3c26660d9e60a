import { signal, type ReadonlySignal } from '@preact/signals';
import type { Clock, Timer } from 'twinlane/protocol';

/** How long things go on while the environment's page is not shown; in ms. */
export const KEPT_MS = 8 * 60 * 60 * 1_000;

/** Who needs an attachment: pages that show it, and what goes on over it while none does, such as terminals. */
export class Holds {
  private readonly entries = new Set<{ readonly what: string }>();
  private readonly kept = signal<readonly string[]>([]);
  private pages = 0;
  private timer: Timer | undefined;

  /** @param release called once nobody needs it any more, or `KEPT_MS` after the page was left */
  constructor(
    private readonly clock: Clock,
    private readonly release: () => void,
  ) {}

  /** What goes on, in words such as "2 terminals". */
  get keeps(): ReadonlySignal<readonly string[]> {
    return this.kept;
  }

  /** A page shows it. @returns the page is left */
  show(): () => void {
    this.pages++;
    return this.until(() => this.pages--);
  }

  /** Something goes on over it. @param what in words @returns it has ended */
  keep(what: string): () => void {
    const kept = { what };
    this.entries.add(kept);
    this.tell();
    return this.until(() => {
      this.entries.delete(kept);
      this.tell();
    });
  }

  private until(end: () => void): () => void {
    let isHeld = true;
    this.settle();
    return () => {
      if (!isHeld) return;
      isHeld = false;
      end();
      this.settle();
    };
  }

  private tell(): void {
    this.kept.value = [...this.entries].map(({ what }) => what);
  }

  /** A moment later even where nobody is left: one page or terminal may take the place of another. */
  private settle(): void {
    this.timer?.cancel();
    if (this.pages === 0) this.timer = this.clock.after(this.entries.size === 0 ? 0 : KEPT_MS, this.release);
  }
}
