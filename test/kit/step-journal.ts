import type { AnnouncedEpoch, EventLog, EventPlace, LoggedEvent } from '../../src/channel/index.js';
import type { NumberRange } from '../../src/protocol/index.js';

/** One runtime's journal on the device: what is committed survives a crash, retention drops from the front. */
export class StepJournal implements EventLog {
  private entries: LoggedEvent[] = [];
  private committed = 0;
  /** Everything that was ever committed and not taken back by a crash: the truth. */
  readonly truth: EventPlace[] = [];
  dropped = 0;
  /** What is remembered on disk of the safe position; it lags. */
  rememberedSafe = 0;
  private seq = 0;

  constructor(
    private readonly name: string,
    private epoch: number,
  ) {}

  get head(): number {
    return this.entries.length;
  }

  get oldest(): number {
    return this.dropped + 1;
  }

  append(): void {
    const position = this.entries.length + 1;
    const { name } = this;
    const place = { epoch: `e${this.epoch}`, seq: ++this.seq };
    this.entries.push({
      position,
      ...place,
      through: place.seq,
      frame: JSON.stringify({ type: 'x', name, epoch: place.epoch, n: place.seq }),
    });
  }

  commit(): void {
    for (const { epoch, seq } of this.entries.slice(this.committed)) this.truth.push({ epoch, seq });
    this.committed = this.entries.length;
  }

  crash(epoch: number): void {
    this.epoch = epoch;
    this.entries = this.entries.slice(0, this.committed);
    this.seq = this.entries.at(-1)?.seq ?? 0;
  }

  drop(count: number): void {
    this.dropped = Math.min(this.committed, this.dropped + count);
  }

  after(position: number): LoggedEvent | undefined {
    const index = Math.max(position, this.dropped);
    return index < this.committed ? this.entries[index] : undefined;
  }

  positionOf({ epoch, seq }: EventPlace): number | undefined {
    const inEpoch = this.entries.filter((entry) => entry.epoch === epoch);
    if (inEpoch.length === 0) return undefined;
    const next = inEpoch.find((entry) => entry.seq > seq && entry.position > this.dropped);
    return next ? next.position - 1 : inEpoch.at(-1)?.position;
  }

  between(last: EventPlace | undefined, entry: LoggedEvent | undefined): readonly NumberRange[] {
    const from = last ? this.entries.findIndex(({ epoch, seq }) => epoch === last.epoch && seq > last.seq) : 0;
    const after = last && from < 0 ? this.entries.findLastIndex(({ epoch }) => epoch === last.epoch) + 1 : from;
    const missing = this.entries.slice(Math.max(0, after), entry ? entry.position - 1 : undefined);
    const epochs = [...new Set(missing.map(({ epoch }) => epoch))];
    return epochs.map((epoch) => {
      const numbers = missing.filter((event) => event.epoch === epoch).map(({ seq }) => seq);
      return { epoch, from: Math.min(...numbers), to: Math.max(...numbers) };
    });
  }

  heads(): AnnouncedEpoch[] {
    const committed = this.entries.slice(0, this.committed);
    const epochs = [...new Set(committed.map(({ epoch }) => epoch)), `e${this.epoch}`];
    return [...new Set(epochs)].flatMap((epoch) => {
      const all = committed.filter((entry) => entry.epoch === epoch);
      const kept = all.filter(({ position }) => position > this.dropped);
      const head = all.at(-1)?.seq ?? committed.at(-1)?.seq ?? 0;
      if (kept.length === 0 && epoch !== `e${this.epoch}`) return [];
      return [{ epoch, first: kept[0]?.seq ?? head + 1, head }];
    });
  }
}
