import { signal } from '@preact/signals';
import { expect, it } from 'vitest';
import type { Attachment, AttachmentState, ConnectionSample } from 'twinlane/client';
import { AsyncQueue } from '../../../src/client/async-queue.js';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import type { OpenAttachment } from '../app/index.js';
import { ConnectionStore } from './connection.store.js';
import { connectionView } from './connection-view.js';
import { byMinute, SampleRing, summaryOf } from './sample-ring.js';

/** An attachment that is told what it says. */
class FakeAttachment {
  readonly told = new AsyncQueue<AttachmentState>();
  readonly measured = new AsyncQueue<ConnectionSample>();
  measuring = 0;
  readonly state: AttachmentState = { phase: 'open' };
  constructor(readonly runtime?: { agent_id: null; conversation_id: string }) {}
  states = () => this.told;
  async *metrics({ signal: until }: { signal: AbortSignal }) {
    this.measuring += 1;
    until.addEventListener('abort', () => (this.measuring -= 1));
    yield* this.measured;
  }
}

const ONLINE = { state: 'online', isPlain: false } as const;

function sample(at: number, roundTripMs: number | undefined, streamBytes = 0): ConnectionSample {
  const channel = { socket: 'open', bytesPerSecond: 0, framesPerSecond: 0, unacknowledgedBytes: 0 } as const;
  return {
    at,
    state: { phase: 'open' },
    control: channel,
    stream: { ...channel, bytesPerSecond: streamBytes },
    roundTripMs,
    unansweredMs: undefined,
    unreadBytes: 0,
    resumed: undefined,
    breaks: 0,
    lastFrameAt: at,
  };
}

function bench() {
  const clock = new ManualClock();
  const open = signal<readonly OpenAttachment[]>([]);
  const visible = signal(true);
  const store = new ConnectionStore({ clock, open, visible }, 'env-1');
  let number = 0;
  const opens = (attachment: FakeAttachment, environment = 'env-1'): void => {
    const one = { number: ++number, environment, attachment: attachment as unknown as Attachment };
    open.value = [...open.value, one];
  };
  return { clock, open, visible, store, opens };
}

it('follows the attachments of its environment, and no others, for as long as somebody looks', async () => {
  const { store, opens, visible, clock, open } = bench();
  const [own, others] = [new FakeAttachment(), new FakeAttachment()];
  const leave = store.use();
  opens(own);
  opens(others, 'env-2');
  await clock.advance(0);
  expect([store.ties.value.length, own.measuring, others.measuring]).toEqual([1, 1, 0]);
  visible.value = false;
  expect(own.measuring).toBe(0);
  visible.value = true;
  await clock.advance(0);
  expect(own.measuring).toBe(1);
  open.value = [];
  expect(store.ties.value).toEqual([]);
  opens(own);
  leave();
  await clock.advance(0);
  expect(own.measuring).toBe(0);
});

it('a point has the round trip of the first attachment, and what comes on the streams of all', async () => {
  const { store, opens, clock } = bench();
  const [page, conversation] = [new FakeAttachment(), new FakeAttachment({ agent_id: null, conversation_id: 'c1' })];
  store.use();
  opens(page);
  opens(conversation);
  conversation.measured.push(sample(1, 90, 500));
  await clock.advance(0);
  expect(store.points.value).toEqual([]);
  page.measured.push(sample(2, 12, 7));
  page.measured.push(sample(3, undefined));
  await clock.advance(0);
  expect(store.points.value).toEqual([
    { at: 2, roundTripMs: 12, streamBytesPerSecond: 507 },
    { at: 3, roundTripMs: null, streamBytesPerSecond: 500 },
  ]);
  expect(store.ties.value.map((tie) => tie.conversation)).toEqual([undefined, 'c1']);
});

it('tells what broke, how long it was away, and whether it went on exactly there', async () => {
  const { store, opens, clock } = bench();
  const attachment = new FakeAttachment({ agent_id: null, conversation_id: 'c1' });
  store.use();
  opens(attachment);
  attachment.told.push({ phase: 'open' });
  attachment.told.push({ phase: 'reconnecting', reason: 'control closed' });
  await clock.advance(700);
  attachment.told.push({ phase: 'open' });
  await clock.advance(0);
  attachment.told.push({ phase: 'open', resumed: true });
  await clock.advance(0);
  attachment.told.push({ phase: 'reconnecting', reason: 'stream closed' });
  await clock.advance(0);
  attachment.told.push({ phase: 'open', resumed: false });
  await clock.advance(0);
  expect(store.incidents.value.map(({ kind }) => kind).toReversed()).toEqual([
    'broke',
    'back',
    'resumed',
    'broke',
    'gap',
  ]);
  expect(store.incidents.value.find(({ kind }) => kind === 'back')).toMatchObject({ awayMs: 700, conversation: 'c1' });
});

it('keeps as many points as it is told to', () => {
  const ring = new SampleRing(2);
  for (const at of [1, 2, 3]) ring.push({ at, roundTripMs: at, streamBytesPerSecond: 0 });
  expect(ring.points.map(({ at }) => at)).toEqual([2, 3]);
});

it('many points are a few numbers, and the same minute by minute', () => {
  const points = [
    { at: 0, roundTripMs: 5, streamBytesPerSecond: 10 },
    { at: 1_000, roundTripMs: 9, streamBytesPerSecond: null },
    { at: 61_000, roundTripMs: null, streamBytesPerSecond: 30 },
  ];
  expect(summaryOf(points)).toEqual({ medianMs: 9, worstMs: 9, mostBytesPerSecond: 30, unanswered: 1 });
  expect(byMinute(points).map(({ at, worstMs }) => [at, worstMs])).toEqual([
    [60_000, undefined],
    [0, 9],
  ]);
  expect(summaryOf([])).toMatchObject({ medianMs: undefined, mostBytesPerSecond: 0 });
});

it('says what a drop means: what goes on, what is kept, what is not', () => {
  const view = connectionView({ phase: 'reconnecting', reason: 'control closed' }, [], ONLINE);
  expect([view.tone, view.meaning.join(' ')]).toEqual(['bad', expect.stringMatching(/runs on.*is kept.*waits here/)]);
  const open = { phase: 'open' } as const;
  expect(connectionView(open, [], ONLINE).label).toBe('Connected');
  expect(connectionView(open, [], { state: 'away', isPlain: false }).tone).toBe('warn');
  const silent = { ...sample(1, undefined), unansweredMs: 5_000 };
  const tie = { number: 1, conversation: undefined, state: open, sample: silent };
  expect(connectionView(open, [tie], ONLINE).label).toBe('Slow');
});

it('promises of a plain link nothing that it cannot hold', () => {
  const open = { phase: 'open' } as const;
  const said = (state: 'online' | 'away', isPlain: boolean): string =>
    connectionView(open, [], { state, isPlain }).meaning.join(' ');
  expect(said('away', false)).toContain('nothing is lost');
  expect(said('away', true)).not.toContain('nothing is lost');
  expect(said('away', true)).toMatch(/perhaps lost.*nobody can tell/);
  expect(said('online', true)).toContain('may be lost');
  expect(said('online', false)).not.toContain('lost');
});
