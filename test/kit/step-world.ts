import {
  EventCursor,
  NumberedSocket,
  RuntimeIntake,
  type AnnouncedEpoch,
  type EventPlace,
} from '../../src/channel/index.js';
import type { NumberRange } from '../../src/protocol/index.js';
import { ManualClock } from './manual-clock.js';
import { StepJournal } from './step-journal.js';
import { SteppedSocket } from './stepped-socket.js';

export const RUNTIMES = ['a', 'b'] as const;
export type Name = (typeof RUNTIMES)[number];
type Message = Readonly<Record<string, unknown>>;

/** One runtime's history on the relay: committed entries survive a crash. */
class StepHistory {
  entries: NumberRange[] = [];
  committed = 0;

  lastOf(epoch: string): number | undefined {
    return this.entries.findLast((entry) => entry.epoch === epoch)?.to;
  }

  get newest(): EventPlace | undefined {
    const last = this.entries.at(-1);
    return last && { epoch: last.epoch, seq: last.to };
  }
}

/** A device and a relay, and the stream socket between them; both may crash at any step. */
export class StepWorld {
  readonly clock = new ManualClock();
  epochs = 1;
  readonly journals = new Map<Name, StepJournal>(RUNTIMES.map((name) => [name, new StepJournal(name, this.epochs)]));
  histories = new Map<Name, StepHistory>(RUNTIMES.map((name) => [name, new StepHistory()]));
  /** Safe positions of this process of the device. */
  safe = new Map<Name, number>(RUNTIMES.map((name) => [name, 0]));
  /** Histories that were lost: what the device had dropped by then is gone for good. */
  losses = 0;
  private ends: [SteppedSocket, SteppedSocket] | undefined;
  private cursors = new Map<Name, EventCursor>();
  private sender: NumberedSocket['sender'] | undefined;
  private waitingForCommit: { name: Name; position: number; safe: () => void }[] = [];

  journal(name: Name): StepJournal {
    return this.journals.get(name) ?? new StepJournal(name, 0);
  }

  history(name: Name): StepHistory {
    return this.histories.get(name) ?? new StepHistory();
  }

  get connected(): boolean {
    return this.ends !== undefined;
  }

  connect(): void {
    const [device, relay] = (this.ends = SteppedSocket.pair());
    this.listen(device);
    this.serve(relay);
  }

  cut(): void {
    for (const end of this.ends ?? []) end.terminate();
    this.ends = undefined;
    this.cursors.clear();
    this.sender = undefined;
    this.waitingForCommit = [];
  }

  deliver(towards: 'device' | 'relay', count: number): void {
    this.ends?.[towards === 'device' ? 0 : 1].deliver(count);
  }

  commitJournal(name: Name): void {
    this.journal(name).commit();
    this.wake(name);
  }

  wake(name: Name): void {
    const cursor = this.cursors.get(name);
    if (cursor) this.sender?.attach(cursor);
  }

  commitHistory(): void {
    for (const history of this.histories.values()) history.committed = history.entries.length;
    for (const { safe } of this.waitingForCommit.splice(0)) safe();
  }

  crashDevice(): void {
    this.cut();
    this.epochs++;
    for (const name of RUNTIMES) {
      this.journal(name).crash(this.epochs);
      this.safe.set(name, this.journal(name).rememberedSafe);
    }
  }

  crashRelay(losing: 'tail' | 'everything'): void {
    this.cut();
    if (losing === 'everything') this.losses++;
    for (const history of this.histories.values()) {
      history.entries = losing === 'everything' ? [] : history.entries.slice(0, history.committed);
      history.committed = history.entries.length;
    }
  }

  /** What the device hears to be safe has been committed on the other side: it may drop it at once. */
  private becameSafe(name: Name, position: number): void {
    const before = this.safe.get(name) ?? 0;
    const { entries, committed } = this.history(name);
    const { truth, dropped } = this.journal(name);
    for (const place of truth.slice(Math.max(before, dropped), position))
      if (!entries.slice(0, committed).some((entry) => covers(entry, place)))
        throw new Error(`said to be safe, and not committed: ${name} ${place.epoch} ${place.seq}`);
    this.safe.set(name, Math.max(position, before));
  }

  private listen(socket: SteppedSocket): void {
    const numbered = new NumberedSocket(socket, this.clock, {
      bufferBound: 400,
      window: { floorBytes: 800, maxBytes: 800 },
    });
    this.sender = numbered.sender;
    const heads = RUNTIMES.map((name) => ({ name, heads: this.journal(name).heads() }));
    let journals: string | undefined = JSON.stringify({ type: 'journals', heads });
    const first = {
      next: () => {
        const text = journals;
        journals = undefined;
        return text === undefined ? undefined : { text };
      },
      idle: true,
    };
    numbered.sender.attach(first, 'urgent');
    for (const name of RUNTIMES) {
      const cursor = new EventCursor(this.journal(name), this.safe.get(name) ?? 0, {
        gap: (range) => JSON.stringify({ type: 'gap', name, ...range }),
        safe: (position) => this.becameSafe(name, position),
      });
      this.cursors.set(name, cursor);
      numbered.sender.attach(cursor);
    }
    socket.receive({
      message: (text) => {
        const message = JSON.parse(text) as Message & { type: string };
        if (message.type === 'ack') return numbered.acknowledged(message);
        const receipt = numbered.received(message['seq'], text.length);
        const cursor = this.cursors.get(message['name'] as Name);
        const known = cursor?.rewind({ epoch: String(message['epoch']), seq: Number(message['at']) });
        if (!known) throw new Error(`asked for an epoch that is not known: ${text}`);
        numbered.sender.wake();
        receipt.safe();
      },
      closed: () => numbered.end(),
    });
  }

  private serve(socket: SteppedSocket): void {
    const numbered = new NumberedSocket(socket, this.clock, { bufferBound: 400 });
    const intakes = new Map(RUNTIMES.map((name) => [name, new RuntimeIntake(this.history(name))]));
    const rewinds: string[] = [];
    numbered.sender.attach({
      next: () => {
        const text = rewinds.shift();
        return text === undefined ? undefined : { text };
      },
    });
    const rewind = (name: Name, place: EventPlace | undefined): void => {
      if (!place) return;
      rewinds.push(JSON.stringify({ type: 'rewind', name, epoch: place.epoch, at: place.seq }));
      numbered.sender.wake();
    };
    socket.receive({
      message: (text) => {
        const message = JSON.parse(text) as Message & { type: string };
        if (message.type === 'ack') return numbered.acknowledged(message);
        const receipt = numbered.received(message['seq'], text.length);
        if (message.type === 'journals') {
          for (const { name, heads } of message['heads'] as { name: Name; heads: AnnouncedEpoch[] }[])
            rewind(name, intakes.get(name)?.announce(heads));
          return receipt.safe();
        }
        const name = message['name'] as Name;
        const intake = intakes.get(name);
        if (!intake) throw new Error('no such runtime');
        const isGap = message.type === 'gap';
        const epoch = String(message['epoch']);
        const range = isGap
          ? { epoch, from: Number(message['from']), to: Number(message['to']) }
          : { epoch, from: Number(message['n']), to: Number(message['n']) };
        const arrival = isGap ? intake.gap(range) : intake.event({ epoch, seq: range.from });
        if (arrival.do === 'rewind') rewind(name, arrival.to);
        if (arrival.do !== 'append') return receipt.safe();
        const own = isGap ? intake.holeOf(range) : range;
        const history = this.history(name);
        if (arrival.hole) history.entries.push(arrival.hole);
        history.entries.push(own);
        this.waitingForCommit.push({ name, position: history.entries.length, safe: () => receipt.safe() });
      },
      closed: () => numbered.end(),
    });
  }
}

/** Whether an event is one of these numbers. */
export function covers({ epoch, from, to }: NumberRange, place: EventPlace): boolean {
  return epoch === place.epoch && from <= place.seq && place.seq <= to;
}
