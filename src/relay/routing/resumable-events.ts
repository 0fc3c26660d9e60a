import { RuntimeIntake, type AnnouncedEpoch, type Arrival, type EventPlace } from '../../channel/index.js';
import {
  MAX_JOURNALS,
  readEnvelope,
  readJournalGap,
  readJournals,
  type ChannelName,
  type Frame,
  type JournalHead,
  type NumberRange,
  type Runtime,
} from '../../protocol/index.js';
import type { DeviceLink } from './device-link.js';
import type { EventRecorder } from './event-recorder.js';
import type { EventIntake, Taken } from './named-events.js';
import type { RoutingObserver } from './routing-observer.js';
import type { RuntimeRecord, Runtimes } from './runtimes.js';

export interface ResumableEventsOutlets {
  /** The device has said what it has, of all of its runtimes. */
  announced(): void;
  /** Everything that it had of a runtime when it connected is here. */
  complete(record: RuntimeRecord): void;
}

type Fields = Readonly<Record<string, unknown>>;

/** One runtime on the link that is ready. */
interface Receiving {
  readonly record: RuntimeRecord;
  readonly intake: RuntimeIntake;
  /** Whether something that was announced is not here yet. */
  isRefilling: boolean;
  /** Resolves when the newest rewind is on its way: what is ignored is safe with the device only after that. */
  asked: Promise<void> | undefined;
}

/**
 * Events of devices on resumable links: each name once and in order, whatever the device repeats, skips or brings again, because
 * it is asked for what is missing (protocol section 5).
 */
export class ResumableEvents implements EventIntake {
  private link: DeviceLink | undefined;
  /** By a record that may be let go; made for the first one. */
  private receiving: WeakMap<RuntimeRecord, Receiving> | undefined;
  private announcedRuntimes = 0;

  constructor(
    private readonly runtimes: Runtimes,
    private readonly recorder: EventRecorder,
    private readonly observer: RoutingObserver,
    private readonly outlets: ResumableEventsOutlets,
  ) {}

  begin(link: DeviceLink): void {
    this.link = link;
    this.receiving = undefined;
    this.announcedRuntimes = 0;
  }

  take(_channel: ChannelName, frame: Frame, text?: string): Taken {
    const journals = readJournals(frame);
    if (journals) return this.announce(journals.heads, journals.isLast);
    const gap = readJournalGap(frame);
    if (gap) return this.gap(gap.runtime, { epoch: gap.event_epoch, from: gap.from, to: gap.to });
    const envelope = readEnvelope(frame);
    if (envelope?.epoch !== undefined && envelope.seq !== undefined)
      return this.event(envelope.runtime, { epoch: envelope.epoch, seq: envelope.seq }, frame, text);
    if (!('event_seq' in frame)) return false;
    // It claims a place that it does not name: nobody could follow an order with such events in it.
    this.observer.dropped('unreadable');
    return true;
  }

  refuse(_channel: ChannelName, value: Fields): Taken {
    const { runtime, epoch, seq } = readEnvelope(value) ?? {};
    if (!runtime || epoch === undefined || seq === undefined) return false;
    return this.gap(runtime, { epoch, from: seq, to: seq });
  }

  private announce(heads: readonly JournalHead[], isLast: boolean): Taken {
    const epochs = new Map<RuntimeRecord, AnnouncedEpoch[]>();
    for (const { runtime, event_epoch: epoch, first, head } of heads) {
      const record = this.runtimes.ofDevice(runtime);
      const known = epochs.get(record);
      if (known) known.push({ epoch, first, head });
      else if (++this.announcedRuntimes <= MAX_JOURNALS) epochs.set(record, [{ epoch, first, head }]);
    }
    for (const [record, announced] of epochs) this.announceOne(record, announced);
    if (isLast) this.announcedAll();
    return true;
  }

  private announcedAll(): void {
    for (const record of this.runtimes) if (!this.receiving?.has(record)) this.outlets.complete(record);
    this.outlets.announced();
  }

  private announceOne(record: RuntimeRecord, announced: readonly AnnouncedEpoch[]): void {
    const receiving = this.of(record);
    record.history.announce(announced);
    const missing = receiving.intake.announce(announced);
    receiving.isRefilling = missing !== undefined;
    if (missing) void this.rewind(receiving, missing);
    else this.outlets.complete(record);
  }

  private event(runtime: Runtime, place: EventPlace, frame: Frame, text: string | undefined): Taken {
    const receiving = this.of(this.runtimes.ofDevice(runtime));
    const { record, intake, isRefilling } = receiving;
    return this.settle(receiving, intake.event(place), () => {
      if (isRefilling) this.observer.refilled(1);
      return this.recorder.record(record, place, frame, text);
    });
  }

  private gap(runtime: Runtime, range: NumberRange): Taken {
    const receiving = this.of(this.runtimes.ofDevice(runtime));
    const { record, intake } = receiving;
    const hole = intake.holeOf(range);
    return this.settle(receiving, intake.gap(range), () => this.recorder.recordGap(record, hole));
  }

  private settle(receiving: Receiving, arrival: Arrival, append: () => Promise<void>): Taken {
    const { record } = receiving;
    switch (arrival.do) {
      case 'drop':
        this.observer.dropped('known-event');
        return record.history.committed();
      case 'ignore':
        return receiving.asked ?? true;
      case 'rewind':
        return this.rewind(receiving, arrival.to);
      case 'append': {
        if (arrival.hole) void this.recorder.recordGap(record, arrival.hole);
        const committed = append();
        this.lookWhetherComplete(receiving);
        return committed;
      }
    }
  }

  private rewind(receiving: Receiving, { epoch, seq }: EventPlace): Taken {
    const { runtime } = receiving.record;
    this.observer.rewound();
    receiving.asked = this.link?.rewind({ type: 'rewind', runtime, event_epoch: epoch, event_seq: seq });
    return receiving.asked ?? true;
  }

  private lookWhetherComplete(receiving: Receiving): void {
    const { record, isRefilling } = receiving;
    if (!isRefilling || !record.history.isComplete) return;
    receiving.isRefilling = false;
    this.outlets.complete(record);
  }

  private of(record: RuntimeRecord): Receiving {
    this.receiving ??= new WeakMap();
    let receiving = this.receiving.get(record);
    if (!receiving) {
      receiving = { record, intake: new RuntimeIntake(record.history), isRefilling: false, asked: undefined };
      this.receiving.set(record, receiving);
    }
    return receiving;
  }
}
