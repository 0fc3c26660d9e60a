import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../../test/kit/manual-clock.js';
import { SteppedSocket } from '../../test/kit/stepped-socket.js';
import type { NumberRange } from '../protocol/index.js';
import { EventCursor } from './event-cursor.js';
import type { EventLog, EventPlace, LoggedEvent } from './event-log.js';
import { NumberedSocket } from './numbered-socket.js';
import { type AnnouncedEpoch, RuntimeIntake } from './runtime-intake.js';

const RUNTIMES = ['a', 'b'] as const;
type Name = (typeof RUNTIMES)[number];
type Message = Readonly<Record<string, unknown>>;

/** One runtime's journal on the device: what is committed survives a crash, retention drops from the front. */
class Journal implements EventLog {
  private entries: LoggedEvent[] = [];
  private committed = 0;
  /** Everything that was ever committed and not taken back by a crash: the truth. */
  readonly truth: EventPlace[] = [];
  dropped = 0;
  /** What is remembered on disk of the safe position; it lags. */
  rememberedSafe = 0;
  private seq = 0;

  constructor(
    private readonly name: Name,
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

/** One runtime's history on the relay: committed entries survive a crash. */
class History {
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
class World {
  readonly clock = new ManualClock();
  epochs = 1;
  readonly journals = new Map<Name, Journal>(RUNTIMES.map((name) => [name, new Journal(name, this.epochs)]));
  histories = new Map<Name, History>(RUNTIMES.map((name) => [name, new History()]));
  /** Safe positions of this process of the device. */
  safe = new Map<Name, number>(RUNTIMES.map((name) => [name, 0]));
  /** Histories that were lost: what the device had dropped by then is gone for good. */
  losses = 0;
  private ends: [SteppedSocket, SteppedSocket] | undefined;
  private cursors = new Map<Name, EventCursor>();
  private sender: NumberedSocket['sender'] | undefined;
  private waitingForCommit: { name: Name; position: number; safe: () => void }[] = [];

  journal(name: Name): Journal {
    return this.journals.get(name) ?? new Journal(name, 0);
  }

  history(name: Name): History {
    return this.histories.get(name) ?? new History();
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
      expect(entries.slice(0, committed).some((entry) => covers(entry, place))).toBe(true);
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

/** Whether each name stands once and in the order of the truth. */
function expectOrder(world: World): void {
  for (const name of RUNTIMES) {
    const { entries } = world.history(name);
    for (const [index, entry] of entries.entries()) {
      expect(entry.from).toBeLessThanOrEqual(entry.to);
      const before = entries[index - 1];
      if (before?.epoch === entry.epoch) expect(entry.from).toBe(before.to + 1);
      if (before && before.epoch !== entry.epoch)
        expect(entries.slice(0, index).some(({ epoch }) => epoch === entry.epoch)).toBe(false);
    }
  }
}

/** What the device no longer has to keep is in the history, unless that was lost. */
function expectSafe(world: World): void {
  if (world.losses > 0) return;
  for (const name of RUNTIMES) {
    const safe = world.journal(name).truth.slice(0, world.safe.get(name));
    const kept = world.history(name).entries.slice(0, world.history(name).committed);
    for (const place of safe) expect(kept.some((entry) => covers(entry, place))).toBe(true);
  }
}

/**
 * After everything has come through: all that the device has kept is there, and what it has not is told as a hole, by number (of an
 * epoch that nothing was kept of only the numbers are known), or is older than all.
 */
function expectComplete(world: World): void {
  for (const name of RUNTIMES) {
    const { truth, dropped } = world.journal(name);
    const { entries } = world.history(name);
    for (const place of truth.slice(dropped)) expect(entries.filter((entry) => covers(entry, place))).toHaveLength(1);
    const first = truth.findIndex((place) => entries.some((entry) => covers(entry, place)));
    if (first < 0) continue;
    for (const place of truth.slice(first))
      expect(entries.some((entry) => entry.from <= place.seq && place.seq <= entry.to)).toBe(true);
    if (world.losses === 0) expect(first).toBeLessThanOrEqual(dropped);
  }
}

function covers({ epoch, from, to }: NumberRange, place: EventPlace): boolean {
  return epoch === place.epoch && from <= place.seq && place.seq <= to;
}

type Step = readonly [label: string, run: (world: World) => void];

const runtime = fc.constantFrom(...RUNTIMES);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: runtime.map((name): Step => [`append ${name}`, (world) => world.journal(name).append()]) },
  { weight: 5, arbitrary: runtime.map((name): Step => [`commit ${name}`, (world) => world.commitJournal(name)]) },
  { weight: 3, arbitrary: fc.constant<Step>(['connect', (world) => (world.connected ? undefined : world.connect())]) },
  { weight: 1, arbitrary: fc.constant<Step>(['cut', (world) => world.cut()]) },
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom('device' as const, 'relay' as const), fc.integer({ min: 1, max: 6 }))
      .map(([to, count]): Step => [`deliver ${count} to ${to}`, (world) => world.deliver(to, count)]),
  },
  { weight: 3, arbitrary: fc.constant<Step>(['commit history', (world) => world.commitHistory()]) },
  {
    weight: 1,
    arbitrary: runtime.map((name): Step => [
      `remember safe ${name}`,
      (world) => void (world.journal(name).rememberedSafe = world.safe.get(name) ?? 0),
    ]),
  },
  { weight: 1, arbitrary: fc.constant<Step>(['kill device', (world) => world.crashDevice()]) },
  { weight: 1, arbitrary: fc.constant<Step>(['kill relay', (world) => world.crashRelay('tail')]) },
  { weight: 1, arbitrary: fc.constant<Step>(['lose history', (world) => world.crashRelay('everything')]) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(runtime, fc.integer({ min: 1, max: 4 }))
      .map(([name, count]): Step => [`drop ${count} of ${name}`, (world) => world.journal(name).drop(count)]),
  },
);

/** Runs until nothing is on its way any more; bounded. */
async function comeToRest(world: World): Promise<void> {
  for (const name of RUNTIMES) world.commitJournal(name);
  if (!world.connected) world.connect();
  for (let round = 0; round < 60; round++) {
    for (const name of RUNTIMES) world.wake(name);
    await settle();
    world.deliver('relay', 100);
    world.commitHistory();
    await world.clock.advance(5);
    world.deliver('device', 100);
  }
}

describe('resumable channels, as a model', () => {
  it('C01 C02 C23 C24 bring every event once and in order, whatever breaks at whatever step', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 80 }), async (steps) => {
        const world = new World();
        for (const [, run] of steps) {
          run(world);
          await settle();
          expectOrder(world);
          expectSafe(world);
        }
        await comeToRest(world);
        expectOrder(world);
        expectComplete(world);
      }),
      { numRuns: 3_000 },
    );
  }, 120_000);
});
