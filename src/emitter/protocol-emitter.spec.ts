import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linkContext } from '../../test/kit/link-context.js';
import { ManualClock, settle } from '../../test/kit/manual-clock.js';
import { MemorySocket } from '../../test/kit/memory-socket.js';
import { type Journal, JournalStore, MemoryJournal } from '../journal/index.js';
import { DEFAULT_MAX_FRAME_BYTES, DEFAULT_TYPE_MAP, type Frame } from '../protocol/index.js';
import { LinkChannel, OpenChannels } from '../transport/index.js';
import { EmitterOptions } from './emitter.options.js';
import { ProtocolEmitterService } from './protocol-emitter.service.js';
import { typeMapProvider } from './type-map.provider.js';

const runtime = { agent_id: 'a', conversation_id: 'c' };
const delta = (content: string) => ({ delta: { message_type: 'assistant_message', content } });
const loop = (status: 'WAITING_ON_INPUT' | 'EXECUTING_COMMAND') => ({
  loop_status: { status, active_run_ids: [], executing_tool_call_ids: [] },
});

const queued = (content: string) => ({ id: 'q', kind: 'message', content, enqueued_at: '2026-01-01T00:00:00.000Z' });

function setUp(
  options: Partial<EmitterOptions> = {},
  maxFrameBytes = DEFAULT_MAX_FRAME_BYTES,
  sent: Frame[] = [],
  journal: Journal = new MemoryJournal({ maxBytes: options.journalMaxBytes ?? Infinity }),
  chunked = false,
) {
  const clock = new ManualClock();
  const settings = Object.assign(new EmitterOptions(), options);
  const channel = { send: (frame: Frame) => void sent.push(frame) } as never;
  const emitter = new ProtocolEmitterService(settings, journal, DEFAULT_TYPE_MAP, clock, channel, channel, {
    feed: () => {},
    maxFrameBytes,
    chunked,
  } as never);
  const context = linkContext(clock);
  /** A split link whose peer answers pings while `answers` is true. */
  const connect = (answers = true) => {
    const ends = (['control', 'stream'] as const).map((name) => {
      const [ours, theirs] = MemorySocket.pair();
      theirs.receive({
        message: (text) => void (answers && text.includes('"ping"') && theirs.send('{"type":"pong"}')),
        closed: () => {},
      });
      return { name, socket: ours, channel: new LinkChannel(name, ours, context) };
    });
    const [control, stream] = ends as [(typeof ends)[0], (typeof ends)[0]];
    emitter.linkUp(new OpenChannels({ kind: 'split', resumable: false }, control.channel, stream.channel));
    return {
      control: control.socket,
      stream: stream.socket,
      events: (socket: MemorySocket) =>
        socket
          .frames()
          .filter((frame) => 'event_seq' in frame)
          .map((frame) => `${String(frame['event_seq'])} ${String(frame['type'])}`),
    };
  };
  return { clock, emitter, journal, connect };
}

describe('ProtocolEmitterService', () => {
  it('names events at once, whether or not there is a link, and puts the envelope around them', async () => {
    const { emitter, journal } = setUp();
    const name = emitter.emit('stream_delta', delta('x'), runtime);
    expect(name).toMatchObject({ runtime, seq: 1 });
    expect(name?.epoch).toMatch(/^[0-9a-f]{8}$/);
    if (!name) return;
    await emitter.committed(name);
    const [entry] = journal.read(runtime, 0, 1);
    expect(JSON.parse(entry?.frame ?? '')).toEqual({
      type: 'stream_delta',
      ...delta('x'),
      runtime,
      event_epoch: name.epoch,
      event_seq: 1,
      emitted_at: '2026-01-01T00:00:00.000Z',
      idempotency_key: expect.stringMatching(new RegExp(`^stream_delta:1:${name.epoch}:[0-9a-f]{6}$`)),
    });
  });

  it('lets an outage cost a few snapshots, not one for every change', async () => {
    const { emitter, journal, connect, clock } = setUp();
    for (let i = 0; i < 100; i++)
      expect(
        emitter.emit('update_loop_status', loop(i % 2 ? 'WAITING_ON_INPUT' : 'EXECUTING_COMMAND'), runtime),
      ).toBeUndefined();
    await clock.advance(60_000);
    expect(journal.bounds(runtime).head).toBe(0);
    const link = connect();
    await settle();
    expect(link.events(link.stream)).toEqual(['1 update_loop_status']);
    expect(link.stream.frames()[0]?.['loop_status']).toMatchObject({ status: 'WAITING_ON_INPUT' });
  });

  it('appends the state that waits when it stops, for a server that was not there', async () => {
    const { emitter, journal } = setUp();
    for (const status of ['EXECUTING_COMMAND', 'WAITING_ON_INPUT'] as const)
      emitter.emit('update_loop_status', loop(status), runtime);
    await emitter.onApplicationShutdown();
    expect(journal.read(runtime, 0, 9).map(({ frame = '' }) => JSON.parse(frame) as Frame)).toMatchObject([
      loop('WAITING_ON_INPUT'),
    ]);
  });

  it('C19 appends state before the event it belongs to, link or not', () => {
    const { emitter, journal } = setUp();
    emitter.emit('stream_delta', delta('x'), runtime);
    emitter.emit('update_loop_status', loop('WAITING_ON_INPUT'), runtime);
    emitter.emit('stream_delta', delta('y'), runtime);
    emitter.emit('turn_finished', { turn_id: 't', stop_reason: 'end_turn' }, runtime);
    expect(journal.read(runtime, 0, 9).map(({ type }) => type)).toEqual([
      'stream_delta',
      'stream_delta',
      'update_loop_status',
      'turn_finished',
    ]);
  });

  it('appends a snapshot 250 ms after it changed at the latest, however busy the link is', async () => {
    const { emitter, connect, clock, journal } = setUp();
    const link = connect();
    link.stream.held = true;
    for (let i = 0; i < 20; i++) emitter.emit('stream_delta', delta('x'.repeat(64 * 1024)), runtime);
    await settle();
    emitter.emit('update_loop_status', loop('EXECUTING_COMMAND'), runtime);
    await clock.advance(249);
    expect(journal.bounds(runtime).head).toBe(20);
    await clock.advance(1);
    expect(journal.bounds(runtime).head).toBe(21);
  });

  it('an update_queue that removed something is ordered, and takes the place of one that waits', () => {
    const { emitter, journal } = setUp();
    emitter.emit('update_queue', { queue: [], removed: [] }, runtime);
    emitter.emit(
      'update_queue',
      { queue: [], removed: [{ client_message_id: 'm', disposition: 'dequeued' }] },
      runtime,
    );
    expect(journal.read(runtime, 0, 9).map(({ type, seq }) => `${seq} ${type}`)).toEqual(['1 update_queue']);
  });

  it('lets producers wait while the journal is full, and drops nothing over a broken link', async () => {
    const { emitter, connect } = setUp({ journalMaxBytes: 1_000 });
    for (let i = 0; i < 6; i++) emitter.emit('stream_delta', delta('x'.repeat(100)), runtime);
    let ready = false;
    void emitter.ready(runtime).then(() => (ready = true));
    for (let outage = 0; outage < 3; outage++) {
      const link = connect();
      await settle();
      expect(link.events(link.stream)).toHaveLength(6);
      emitter.linkDown();
    }
    expect(ready).toBe(false);
  });

  it('lets producers wait while too much is to be sent on a link, and no longer without one', async () => {
    const { emitter, connect } = setUp({ unsentBytes: 1_000 });
    const emitted = (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) emitter.emit('stream_delta', delta('x'.repeat(100)), runtime);
      return emitter.ready(runtime);
    };
    await emitted(6);
    const link = connect(false);
    let ready = false;
    const waited = emitter.ready(runtime).then(() => (ready = true));
    expect(ready).toBe(false);
    // The socket takes them, though nobody confirms them.
    await waited;
    expect(link.events(link.stream)).toHaveLength(6);
    ready = false;
    // More than a window of what nobody confirms.
    const paused = emitted(100).then(() => (ready = true));
    await settle();
    expect(ready).toBe(false);
    emitter.linkDown();
    await paused;
  });

  it('releases what the peer has confirmed', async () => {
    const { emitter, connect, journal, clock } = setUp({ journalMaxBytes: 1_000 });
    connect();
    for (let i = 0; i < 6; i++) emitter.emit('stream_delta', delta('x'.repeat(100)), runtime);
    expect(journal.full).toBe(true);
    await clock.advance(300);
    expect(journal.full).toBe(false);
    await emitter.ready(runtime);
    expect(emitter.settled).toBe(true);
  });

  it('has settled only when what was appended is committed, sent and confirmed', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'twinlane-journal-'));
    const journal = JournalStore.openOne(path.join(folder, 'journal.db'));
    const { emitter, connect, clock } = setUp({}, undefined, [], journal);
    connect();
    await settle();
    const name = emitter.emit('stream_delta', delta('x'), runtime);
    expect(emitter.settled).toBe(false);
    if (name) await emitter.committed(name);
    await clock.advance(300);
    expect(emitter.settled).toBe(true);
    await journal.close();
    await rm(folder, { recursive: true });
  });

  it('C03 holds a turn’s end until its deltas are confirmed, and all that comes after it', async () => {
    const { emitter, connect, clock } = setUp();
    const link = connect(false);
    emitter.emit('stream_delta', delta('1'), runtime);
    emitter.emit('turn_finished', { turn_id: 't', stop_reason: 'end_turn' }, runtime);
    emitter.emit('stream_delta', delta('2'), runtime);
    emitter.emit('stream_delta', delta('other'), { agent_id: 'b', conversation_id: 'c' });
    await settle();
    expect(link.events(link.control)).toEqual([]);
    expect(link.events(link.stream)).toEqual(['1 stream_delta', '1 stream_delta']);
    await clock.advance(1_000);
    expect(link.events(link.control)).toEqual(['2 turn_finished']);
    expect(link.events(link.stream)).toEqual(['1 stream_delta', '1 stream_delta', '3 stream_delta']);
  });
});

describe('C29 what does not fit into one frame of the server', () => {
  const MAX = 2_000;

  it('is cut before the append if it is an event, and says so', async () => {
    const { emitter, connect, journal } = setUp({}, MAX);
    const link = connect();
    emitter.emit('stream_delta', delta('x'.repeat(10_000)), runtime);
    emitter.emit('update_queue', { queue: [queued('y'.repeat(10_000))], removed: [] }, runtime);
    emitter.emit('turn_finished', { turn_id: 't', stop_reason: 'end_turn' }, runtime);
    const frames = journal.read(runtime, 0, 9).map(({ frame = '' }) => frame);
    expect(frames).toHaveLength(3);
    for (const frame of frames) expect(Buffer.byteLength(frame)).toBeLessThanOrEqual(MAX);
    expect(JSON.parse(frames[0] ?? '')).toMatchObject({
      delta: { message_type: 'assistant_message', content: expect.stringMatching(/^x+… \[cut/) },
      event_seq: 1,
      cut_bytes: expect.any(Number),
    });
    expect(frames[2]).not.toContain('cut_bytes');
    await settle();
    expect(link.events(link.stream)).toEqual(['1 stream_delta', '2 update_queue']);
  });

  it('becomes an error if it is an answer, and is cut otherwise', () => {
    const sent: Frame[] = [];
    const { emitter } = setUp({}, MAX, sent);
    emitter.send({ type: 'read_file_response', request_id: 'r', content: 'x'.repeat(MAX), success: true });
    emitter.send({ type: 'input_accepted', request_id: 's', accepted: true, note: 'x'.repeat(MAX) });
    emitter.send({ type: 'file_changed', path: 'x'.repeat(MAX) });
    emitter.send({ type: 'read_file_response', request_id: 't', content: 'fits', success: true });
    expect(sent).toMatchObject([
      { type: 'read_file_response', request_id: 'r', success: false, error_code: 'ANSWER_TOO_LARGE' },
      { type: 'input_accepted', request_id: 's', accepted: false, error_code: 'ANSWER_TOO_LARGE' },
      { type: 'file_changed', path: expect.stringContaining('[cut'), cut_bytes: expect.any(Number) },
      { content: 'fits' },
    ]);
  });

  it('goes in one if it is an answer, on a link that carries no chunks whatever was registered', () => {
    const sent: Frame[] = [];
    const { emitter, connect } = setUp({}, undefined, sent, undefined, true);
    const answer = { type: 'read_file_response', request_id: 'r', content: 'x'.repeat(100_000), success: true };
    expect(emitter.takesChunks).toBe(true);
    connect();
    expect(emitter.takesChunks).toBe(false);
    emitter.send(answer);
    expect(sent).toEqual([answer]);
  });
});

describe('the type map', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'twinlane-map-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const load = (options: Partial<EmitterOptions>) =>
    typeMapProvider.useFactory(Object.assign(new EmitterOptions(), options));

  it('merges the defaults, module options and a JSON file, in this order', async () => {
    const file = path.join(folder, 'routes.json');
    await writeFile(file, '{"b":{"channel":"control","delivery":"ordered"}}');
    const stream = { channel: 'stream', delivery: 'ordered' } as const;
    expect(await load({ typeMap: { a: stream, b: stream }, typeMapFile: file })).toMatchObject({
      a: stream,
      b: { channel: 'control' },
      stream_delta: stream,
    });
  });

  it('says what is wrong with a file, and in which', async () => {
    const file = path.join(folder, 'broken.json');
    await writeFile(file, '{');
    expect(() => load({ typeMapFile: file })).toThrow(/broken\.json \(TWINLANE_TYPE_MAP\) cannot be read/);
    expect(() => load({ typeMapFile: path.join(folder, 'none.json') })).toThrow(/ENOENT/);
  });
});
