import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeHistoryWorld, FakeLink, shown } from '../../../../../test/kit/fake-history-world.js';
import type { Journal, NewEntry } from '../../../../journal/index.js';
import type { Runtime } from '../../../../protocol/index.js';
import type { JetStreamHistories } from './jetstream-histories.js';

const RUNTIMES: readonly Runtime[] = [
  { agent_id: 'a', conversation_id: 'c' },
  { agent_id: null, conversation_id: 'c' },
];
const UPKEEP_MS = 1_000;
/** The last one is there for the end only. */
const NODES = [0, 1, 2];

type Step =
  | { kind: 'emit'; which: number; size: number; keep: number | null; drop: number | null }
  | { kind: 'process' }
  | { kind: 'forget' | 'over'; which: number; size: number }
  | { kind: 'away' | 'back' | 'loseAcks' | 'upkeep' | 'forgetIds' | 'settle' }
  | { kind: 'loseTail'; size: number }
  | { kind: 'home'; how: 'given' | 'taken' | 'killed'; to: number; behind: number };

const which = fc.nat(RUNTIMES.length - 1);
const size = fc.integer({ min: 1, max: 5 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 14,
    arbitrary: fc.record({
      kind: fc.constant('emit' as const),
      which,
      size: fc.constantFrom(1, 20, 700),
      keep: fc.option(fc.nat(3)),
      drop: fc.option(fc.nat(3)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('process' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('forget' as const, 'over' as const), which, size: fc.nat(3) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom('away', 'back', 'loseAcks', 'upkeep', 'forgetIds', 'settle'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('loseTail' as const), size }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('home' as const),
      how: fc.constantFrom('given' as const, 'taken' as const, 'killed' as const),
      to: fc.nat(NODES.length - 2),
      behind: fc.nat(2),
    }),
  },
);

/** A device, which brings again what the home does not have; the homes, one after the other; and what happens to the stream. */
class Story {
  private readonly world: FakeHistoryWorld;
  private readonly links = NODES.map(() => new FakeLink());
  /** Each goes on, when it is the home again, from what it has left. */
  private readonly nodes: JetStreamHistories[];
  private at = 0;
  private term = 0;
  private epoch = 1;
  /** All that the device has emitted, by runtime. */
  private readonly emitted: NewEntry[][] = RUNTIMES.map(() => []);

  /** Up to which number some home has let go of them. */
  private readonly gone = RUNTIMES.map(() => 0);

  /** @param comparesFirst as newer servers do */
  constructor(
    private readonly limit: number,
    comparesFirst: boolean,
  ) {
    this.world = new FakeHistoryWorld({ upkeepMs: UPKEEP_MS, maxBatchBytes: 100 }, { maxEntriesPerRuntime: limit });
    this.nodes = this.links.map((link) => this.world.node(link));
    for (const stream of [this.world.events, this.world.records]) stream.comparesFirst = comparesFirst;
  }

  private get node(): JetStreamHistories {
    return this.nodeAt(this.at);
  }

  private get link(): FakeLink {
    return this.links[this.at] ?? new FakeLink();
  }

  get journal(): Journal {
    return this.node.open('env');
  }

  /** @param how the last one ends: a node that was killed comes again with nothing */
  async home(how: Extract<Step, { kind: 'home' }>['how'], to: number, behind: number): Promise<void> {
    if (this.term > 0 && how === 'given') await this.node.release('env');
    else this.node.abandon('env');
    this.back();
    if (how === 'killed') this.nodes[this.at] = this.world.node(this.link);
    this.at = to;
    for (const stream of [this.world.events, this.world.records]) stream.behind = behind;
    await this.node.prepare('env', ++this.term);
    for (const stream of [this.world.events, this.world.records]) stream.behind = 0;
    for (const [index, runtime] of RUNTIMES.entries()) this.bring(index, runtime);
  }

  async run(next: Step): Promise<void> {
    const { events } = this.world;
    if (next.kind === 'emit') this.emit(next);
    else if (next.kind === 'process') this.epoch++;
    else if (next.kind === 'forget') this.forget(next.which);
    else if (next.kind === 'over') this.journal.drop(runtimeAt(next.which), `k${next.size}`);
    else if (next.kind === 'away') this.away();
    else if (next.kind === 'back') this.back();
    else if (next.kind === 'upkeep') await this.world.clock.advance(UPKEEP_MS);
    else if (next.kind === 'forgetIds') events.forgetIds();
    else if (next.kind === 'home') await this.home(next.how, next.to, next.behind);
    else if (next.kind === 'settle') await this.world.clock.advance(0);
    else if (next.kind === 'loseTail') {
      this.away();
      await this.world.clock.advance(0);
      events.lose(next.size);
      this.back();
    } else this.loseAck();
  }

  /** What readers see at the home, and what they would see at the next one. */
  async end(): Promise<void> {
    this.back();
    await this.world.clock.advance(10 * UPKEEP_MS);
    const { journal } = this;
    for (const runtime of RUNTIMES) {
      const { head } = journal.bounds(runtime);
      if (head > 0) await journal.committed(runtime, head);
    }
    const before = RUNTIMES.map((runtime) => shown(journal, runtime));
    for (const [index, runtime] of RUNTIMES.entries()) this.isTrue(journal, index, runtime);
    await this.home('taken', NODES.length - 1, 0);
    expect(RUNTIMES.map((runtime) => shown(this.journal, runtime))).toEqual(before);
  }

  private nodeAt(index: number): JetStreamHistories {
    const node = this.nodes[index];
    if (!node) throw new Error('no such node');
    return node;
  }

  /** Every event once, in its order and as it was, up to the newest; holes are told, and only of what was let go of once. */
  private isTrue(journal: Journal, index: number, runtime: Runtime): void {
    const all = this.emitted[index] ?? [];
    const read = journal.read(runtime, 0, Infinity);
    const names = read.flatMap(({ seq, through }) => Array.from({ length: through - seq + 1 }, (_, i) => seq + i));
    expect(names).toEqual(all.slice(all.length - names.length).map(({ seq }) => seq));
    for (const { epoch, seq, through, frame } of read) {
      if (frame === undefined) expect(through).toBeLessThanOrEqual(this.gone[index] ?? 0);
      else expect({ epoch, frame }).toEqual({ epoch: all[seq - 1]?.epoch, frame: all[seq - 1]?.frame });
    }
  }

  private emit({ which: index, size: length, keep, drop }: Extract<Step, { kind: 'emit' }>): void {
    const emitted = this.emitted[index] ?? [];
    const seq = emitted.length + 1;
    const entry = {
      epoch: `e${this.epoch}`,
      seq,
      type: 't',
      frame: `${seq}`.padEnd(length, 'x'),
      keep: keep === null ? undefined : `k${keep}`,
      drop: drop === null || drop === keep ? undefined : `k${drop}`,
    };
    emitted.push(entry);
    this.gone[index] = Math.max(this.gone[index] ?? 0, emitted.length - this.limit);
    const runtime = runtimeAt(index);
    watch(this.journal, runtime, this.journal.append(runtime, entry).position);
  }

  private forget(index: number): void {
    this.gone[index] = this.emitted[index]?.length ?? 0;
    this.journal.forget(runtimeAt(index));
  }

  /** The device says what it has, and the home asks for what it has not. */
  private bring(index: number, runtime: Runtime): void {
    const { journal } = this;
    const newest = journal.epochs(runtime).at(-1)?.last ?? 0;
    for (const entry of (this.emitted[index] ?? []).slice(newest))
      watch(journal, runtime, journal.append(runtime, entry).position);
  }

  private away(): void {
    const { events, records } = this.world;
    this.link.become('away');
    for (const stream of [events, records]) stream.before = stream.asked = () => Promise.reject(new Error('away'));
  }

  private back(): void {
    const { events, records } = this.world;
    for (const stream of [events, records]) stream.before = stream.asked = () => undefined;
    this.link.become('connected');
  }

  private loseAck(): void {
    const { events } = this.world;
    events.after = () => {
      events.after = () => undefined;
      throw new Error('timeout');
    };
  }
}

function runtimeAt(index: number): Runtime {
  return RUNTIMES[index] ?? { agent_id: null, conversation_id: '' };
}

/** A home that was killed, or is one no more, rejects. */
function watch(journal: Journal, runtime: Runtime, position: number): void {
  journal.committed(runtime, position).catch(() => undefined);
}

describe('JetStreamJournal', () => {
  it('shows the next home what it shows itself, whatever happens to nodes, acknowledgements and the stream', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 80, size: 'max' }),
        fc.integer({ min: 1, max: 60 }),
        fc.boolean(),
        async (steps, limit, comparesFirst) => {
          const story = new Story(limit, comparesFirst);
          await story.home('taken', 0, 0);
          for (const next of steps) await story.run(next);
          await story.end();
        },
      ),
      {
        timeout: 8000,

        numRuns: Number(process.env['RUNS'] ?? 100),
        ...(process.env['RUNS'] ? {} : { seed: 20_261_123 }),
      },
    );
  });
});
