import { signal } from '@preact/signals';
import type { ToolCall } from './tool-call.js';
import {
  AgentText,
  type DeviceCommand,
  type Gap,
  type Notice,
  type Plan,
  type TurnEnd,
  type UserMessage,
} from './transcript-items.js';

export type TranscriptItem = UserMessage | AgentText | ToolCall | Notice | Plan | DeviceCommand | Gap | TurnEnd;

/** One row of the page: an item, or one block of its text. */
export interface TranscriptRow {
  readonly key: string;
  readonly item: TranscriptItem;
  /** Which of the item's rows this is. */
  readonly part: number;
}

/** Calls something with the next picture of the screen; `requestAnimationFrame` in browsers. */
export type Scheduler = (draw: () => void) => void;

/** The items of a transcript, in order, and the rows in which they are shown. What changed is told once for each picture. */
export class ItemList {
  /** Counts changes of `rows`. */
  readonly revision = signal(0);
  /** Only ever grows at its end. */
  readonly rows: TranscriptRow[] = [];
  readonly calls = new Map<string, ToolCall>();
  /** Calls whose end was not told yet. */
  readonly live = new Set<ToolCall>();
  /** Of the turn under way. */
  plan: Plan | undefined;
  /** What went wrong in the turn under way, said once each. */
  readonly complaints = new Set<string>();
  last: TranscriptItem | undefined;
  private count = 0;
  private readonly changed = new Set<TranscriptItem>();
  private isScheduled = false;

  constructor(private readonly schedule: Scheduler) {}

  add<T extends TranscriptItem>(make: (key: string) => T): T {
    this.finishText();
    const item = make(`item-${++this.count}`);
    this.last = item;
    this.showRows(item);
    this.touch(item);
    return item;
  }

  /** An item has changed; without one, what belongs to none. */
  touch(item?: TranscriptItem): void {
    if (item) this.changed.add(item);
    if (this.isScheduled) return;
    this.isScheduled = true;
    this.schedule(() => this.tell());
  }

  /** What was said is whole: something else follows. */
  finishText(): void {
    const { last } = this;
    if (!(last instanceof AgentText) || last.isFinished) return;
    last.finish();
    this.showRows(last);
    this.touch(last);
  }

  /** Tells at once what has changed. */
  tell(): void {
    this.isScheduled = false;
    const { last } = this;
    if (last instanceof AgentText && this.changed.has(last)) {
      last.settle();
      this.showRows(last);
    }
    this.revision.value++;
    for (const item of this.changed) item.revision.value++;
    this.changed.clear();
  }

  /** Rows of the last item that are not there yet. */
  private showRows(item: TranscriptItem): void {
    const newest = this.rows.at(-1);
    const shown = newest?.item === item ? newest.part + 1 : 0;
    for (let part = shown; part < item.rows; part++) this.rows.push({ key: `${item.key}/${part}`, item, part });
  }
}
