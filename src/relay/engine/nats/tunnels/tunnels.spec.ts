import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../../../../../test/kit/manual-clock.js';
import { MemorySocket } from '../../../../../test/kit/memory-socket.js';
import type { ChannelSocket } from '../../../../channel/index.js';
import type { Tunnel } from './tunnel.js';
import { Tunnels, type TunnelsOptions } from './tunnels.js';

const SEED = 20261123;
const EDGE = 'edge';
const HOME = 'home';
const QUIET = { packetSent: () => {}, packetReceived: () => {} };

/** Two nodes and what is between them: packets wait there until the test says what becomes of them. */
class Between {
  readonly clock = new ManualClock();
  readonly edge: Tunnels;
  readonly home: Tunnels;
  readonly waiting: { readonly to: string; readonly bytes: Uint8Array }[] = [];

  constructor(options: TunnelsOptions = {}, maxPacketBytes = 4_096) {
    const bus = { maxPacketBytes, publish: (to: string, bytes: Uint8Array) => void this.waiting.push({ to, bytes }) };
    this.edge = new Tunnels(EDGE, bus, this.clock, QUIET, options);
    this.home = new Tunnels(HOME, bus, this.clock, QUIET, options);
  }

  deliver(count = 1): void {
    for (const { to, bytes } of this.waiting.splice(0, count)) (to === EDGE ? this.edge : this.home).take(bytes);
  }

  /** Everything arrives, and what follows from it, until nothing does. */
  async all(): Promise<void> {
    while (this.waiting.length > 0) {
      this.deliver(this.waiting.length);
      await settle();
    }
  }

  /** Time enough for each end to find out what it misses, and to hear that nothing is. */
  async settled(): Promise<void> {
    for (let looks = 0; looks < 5; looks++) {
      await this.all();
      await this.clock.advance(1_000);
    }
    await this.all();
  }
}

/** What came out at one end. */
class Heard {
  readonly texts: string[] = [];
  readonly closes: number[] = [];

  constructor(socket: ChannelSocket) {
    socket.receive({
      message: (text, isBinary) => void this.texts.push(isBinary ? '(binary)' : text),
      closed: (code) => void this.closes.push(code),
    });
  }
}

function tunnel(between: Between) {
  const atEdge = between.edge.dial(HOME);
  return { atEdge, atHome: between.home.accept(atEdge.id) };
}

describe('a tunnel', () => {
  it('carries messages of any size both ways, in order', async () => {
    const between = new Between();
    const { atEdge, atHome } = tunnel(between);
    const [edge, home] = [new Heard(atEdge), new Heard(atHome)];
    const large = 'é€𝄞'.repeat(5_000);
    atEdge.send('{"type":"a"}');
    atEdge.send(large);
    atEdge.sendBinary();
    atHome.send(large);
    atHome.send('');
    await between.all();
    expect(home.texts).toEqual(['{"type":"a"}', large, '(binary)']);
    expect(edge.texts).toEqual([large, '']);
  });

  it('tells its sender when the socket behind the other end has written a message, and not before', async () => {
    const between = new Between();
    const { atEdge, atHome } = tunnel(between);
    const [near, far] = MemorySocket.pair();
    near.held = true;
    atEdge.join(near);
    let written = 0;
    atHome.send('one', () => written++);
    atHome.send('two', () => written++);
    await between.all();
    await between.clock.advance(100);
    await between.all();
    expect(near.sent).toEqual(['one', 'two']);
    expect({ written, waiting: atHome.bufferedAmount }).toEqual({ written: 0, waiting: 6 });
    near.release();
    far.receive({ message: () => {}, closed: () => {} });
    await between.clock.advance(100);
    await between.all();
    expect({ written, waiting: atHome.bufferedAmount }).toEqual({ written: 2, waiting: 0 });
  });

  it('closes both ends with what either said, once what was sent before has arrived', async () => {
    const between = new Between();
    const { atEdge, atHome } = tunnel(between);
    const [near, far] = MemorySocket.pair();
    atEdge.join(near);
    const home = new Heard(atHome);
    atHome.send('last');
    atHome.close(4_001, 'token');
    atHome.send('too late');
    expect(atHome.open).toBe(false);
    await between.all();
    await settle();
    expect(far.closedWith).toEqual({ code: 4_001, reason: 'token' });
    expect(near.sent).toEqual(['last']);
    expect(home.closes).toEqual([4_001]);
    expect([between.edge.count, between.home.count]).toEqual([0, 0]);
  });

  it('C26 whose node stops passes nothing on any more, and says how much it did once the home has that', async () => {
    const between = new Between();
    const { atEdge, atHome } = tunnel(between);
    const [near, far] = MemorySocket.pair();
    atEdge.join(near, true);
    const home = new Heard(atHome);
    far.send('one');
    far.send('two');
    await settle();
    expect(between.edge.leaving()).toEqual([atEdge]);
    const leaving = atEdge.leave(between.clock);
    far.send('three');
    await between.clock.advance(100);
    expect(far.closedWith).toBeUndefined();
    await between.settled();
    await leaving;
    await settle();
    expect(far.closedWith).toMatchObject({ code: 1_012, reason: expect.stringMatching(/^Messages-Read: 2\./) });
    await between.settled();
    expect(home.texts).toEqual(['one', 'two']);
    expect(home.closes).toEqual([1_012]);
    expect(between.edge.leaving()).toEqual([]);
  });

  it('tells the home how a socket closed, and cuts one whose home cuts it', async () => {
    const between = new Between();
    const [one, other] = [tunnel(between), tunnel(between)];
    const [near, far] = MemorySocket.pair();
    one.atEdge.join(near);
    const home = new Heard(one.atHome);
    far.close(1_000);
    await settle();
    await between.all();
    expect(home.closes).toEqual([1_000]);
    const [cutNear, cutFar] = MemorySocket.pair();
    other.atEdge.join(cutNear);
    other.atHome.terminate();
    await between.all();
    await settle();
    expect(cutFar.closedWith?.code).toBe(1_006);
    expect(between.edge.count).toBe(0);
  });

  it('breaks with 1012 when the other node is gone, and tells who waits for what was sent', async () => {
    const between = new Between();
    const { atEdge, atHome } = tunnel(between);
    const [near, far] = MemorySocket.pair();
    atEdge.join(near);
    let written = 0;
    atHome.send('text', () => written++);
    const home = new Heard(atHome);
    between.home.breakWhere((node) => node === EDGE);
    between.edge.breakWhere((node) => node === HOME);
    await settle();
    expect(far.closedWith?.code).toBe(1_012);
    expect({ closes: home.closes, written }).toEqual({ closes: [1_012], written: 1 });
    await between.all();
    expect(between.waiting).toEqual([]);
  });

  it('breaks where the other end knows no such tunnel', async () => {
    const between = new Between();
    const alone = between.edge.dial(HOME);
    const heard = new Heard(alone);
    alone.send('text');
    await between.all();
    expect(heard.closes).toEqual([1_012]);
    expect(between.edge.count).toBe(0);
  });

  it('breaks when more waits for the other node than may', () => {
    const between = new Between({ keptBytes: 1_000 });
    const { atEdge } = tunnel(between);
    const heard = new Heard(atEdge);
    atEdge.send('x'.repeat(900));
    expect(heard.closes).toEqual([]);
    atEdge.send('xx');
    expect(heard.closes).toEqual([1_012]);
  });

  it.each<[string, (tunnel: Tunnel) => void]>([
    ['nothing in them', (atEdge) => atEdge.send('')],
    ['bytes that nobody reads', (atEdge) => atEdge.sendBinary()],
  ])('breaks when too many messages wait for the other node, also with %s', (_what, send) => {
    const between = new Between({ keptBytes: 10_000 });
    const { atEdge } = tunnel(between);
    for (let count = 0; count < 1_000; count++) send(atEdge);
    expect(atEdge.open).toBe(false);
  });

  it('breaks when more waits in all of them together than may; what has arrived does not count', async () => {
    const between = new Between({ allKeptBytes: 2_000 });
    const tunnels = Array.from({ length: 3 }, () => tunnel(between));
    const [first, second, third] = tunnels.map(({ atEdge }) => atEdge);
    first?.send('x'.repeat(1_500));
    second?.send('x'.repeat(1_500));
    expect(tunnels.map(({ atEdge }) => atEdge.open)).toEqual([true, false, true]);
    await between.settled();
    third?.send('x'.repeat(1_500));
    expect(tunnels.map(({ atEdge }) => atEdge.open)).toEqual([true, false, true]);
  });

  it('finds out by itself that the other end went without a word that arrived', async () => {
    const between = new Between({ quietLooks: 3 });
    const { atEdge, atHome } = tunnel(between);
    const edge = new Heard(atEdge);
    const quiet = tunnel(between);
    atHome.break();
    between.waiting.splice(0);
    await between.settled();
    expect(edge.closes).toEqual([1_012]);
    expect([quiet.atEdge.open, quiet.atHome.open]).toEqual([true, true]);
  });

  it('finds out by itself that its last packet was lost', async () => {
    const between = new Between();
    const { atEdge, atHome } = tunnel(between);
    const home = new Heard(atHome);
    atEdge.send('lost');
    between.waiting.splice(0);
    await between.clock.advance(2_000);
    await between.all();
    expect(home.texts).toEqual(['lost']);
  });

  it('acknowledges at once what is much, and else a little later', async () => {
    const between = new Between({ acknowledgeBytes: 100 });
    const { atEdge, atHome } = tunnel(between);
    const heard = new Heard(atHome);
    atEdge.send('x');
    between.deliver();
    expect(between.waiting).toEqual([]);
    await between.clock.advance(5);
    expect(between.waiting).toHaveLength(1);
    between.deliver();
    atEdge.send('x'.repeat(100));
    between.deliver();
    expect(between.waiting).toHaveLength(1);
    expect(atEdge.bufferedAmount).toBe(100);
    between.deliver();
    expect(atEdge.bufferedAmount).toBe(0);
    expect(heard.texts).toHaveLength(2);
  });
});

describe('over a bus that loses, repeats and is away', () => {
  type Ends = Readonly<Record<'atEdge' | 'atHome', { send(text: string): void }>>;
  type Step = (between: Between, ends: Ends, next: () => string) => void;
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 4, arbitrary: fc.constant<Step>((_, { atEdge }, next) => atEdge.send(next())) },
    { weight: 4, arbitrary: fc.constant<Step>((_, { atHome }, next) => atHome.send(next())) },
    {
      weight: 6,
      arbitrary: fc.integer({ min: 1, max: 5 }).map(
        (count): Step =>
          (between) =>
            between.deliver(count),
      ),
    },
    {
      weight: 2,
      arbitrary: fc.nat(5).map(
        (at): Step =>
          ({ waiting }) =>
            void waiting.splice(at, 1),
      ),
    },
    {
      weight: 2,
      arbitrary: fc.nat(5).map((at): Step => ({ waiting }) => {
        const packet = waiting[at];
        if (packet) waiting.push(packet);
      }),
    },
    {
      weight: 1,
      arbitrary: fc.boolean().map((atEdge): Step => (between) => {
        between.waiting.splice(0);
        (atEdge ? between.edge : between.home).ask();
      }),
    },
  );

  it('every message arrives once, in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), fc.boolean(), async (steps, closesAtEdge) => {
        const between = new Between({}, 2_500);
        const ends = tunnel(between);
        const [edge, home] = [new Heard(ends.atEdge), new Heard(ends.atHome)];
        const sent = { atEdge: [] as string[], atHome: [] as string[] };
        let count = 0;
        const next = (): string => `${++count} `.repeat(count % 3 === 0 ? 900 : 1);
        const said: Ends = {
          atEdge: { send: (text) => (sent.atEdge.push(text), ends.atEdge.send(text)) },
          atHome: { send: (text) => (sent.atHome.push(text), ends.atHome.send(text)) },
        };
        for (const run of steps) {
          run(between, said, next);
          expect(home.texts).toEqual(sent.atEdge.slice(0, home.texts.length));
          expect(edge.texts).toEqual(sent.atHome.slice(0, edge.texts.length));
        }
        await between.settled();
        expect(home.texts).toEqual(sent.atEdge);
        expect(edge.texts).toEqual(sent.atHome);
        expect([ends.atEdge.bufferedAmount, ends.atHome.bufferedAmount]).toEqual([0, 0]);
        (closesAtEdge ? ends.atEdge : ends.atHome).close(1_000, 'done');
        between.deliver();
        between.waiting.splice(0);
        await between.settled();
        expect([edge.closes, home.closes]).toEqual([[1_000], [1_000]]);
        expect([between.edge.count, between.home.count]).toEqual([0, 0]);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});
