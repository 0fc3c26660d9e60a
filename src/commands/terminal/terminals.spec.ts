import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { FakePty, openFakePty } from '../../../test/kit/fake-pty.js';
import { ManualClock, settle } from '../../../test/kit/manual-clock.js';
import type { FrameSource, OutgoingFrame } from '../../channel/index.js';
import type { ProtocolEmitterService } from '../../emitter/index.js';
import { Permissions, PermissionsOptions } from '../../permissions/index.js';
import type { Frame } from '../../protocol/index.js';
import type { LinkSupervisor, OpenLink } from '../../transport/index.js';
import { Workspace } from '../../workspace/index.js';
import { TerminalOptions } from './terminal.options.js';
import { Terminals } from './terminals.js';

/** One channel of a link: takes what its sources have, when the test says so. */
class Channel {
  readonly inFlight: OutgoingFrame[] = [];
  private readonly sources = new Set<FrameSource>();

  attach(source: FrameSource): void {
    this.sources.add(source);
  }

  /** Takes everything there is. */
  take(): Frame[] {
    const frames: Frame[] = [];
    for (const source of this.sources)
      for (let frame = source.next(); frame; frame = source.next()) {
        this.inFlight.push(frame);
        frames.push(JSON.parse(frame.text) as Frame);
      }
    return frames;
  }

  confirm(): void {
    for (const { confirmed } of this.inFlight.splice(0)) confirmed?.();
  }
}

function bench(given: Partial<TerminalOptions> = {}) {
  const clock = new ManualClock();
  const opened: FakePty[] = [];
  const sent: Frame[] = [];
  const options = Object.assign(new TerminalOptions(), { unreadBytes: 100, frameBytes: 40, graceMs: 1_000 }, given);
  const emitter = { send: (frame: Frame) => void sent.push(frame) } as unknown as ProtocolEmitterService;
  const links = { feed: () => {}, maxFrameBytes: 8_192 } as unknown as LinkSupervisor;
  const permissions = new Permissions(new PermissionsOptions());
  const workspace = new Workspace(tmpdir());
  const terminals = new Terminals(options, workspace, permissions, emitter, links, clock, openFakePty(opened));
  const linkUp = (resumable = true) => {
    const link = { shape: { kind: 'split', resumable }, control: new Channel(), stream: new Channel() };
    terminals.linkUp(link as unknown as OpenLink);
    return link;
  };
  const spawn = async (id = 'own:t1'): Promise<FakePty> => {
    await terminals.spawn({ id, cols: 80, rows: 24 });
    const pty = opened.at(-1);
    if (!pty) throw new Error('no terminal was opened');
    return pty;
  };
  const say = (type: string, offset: number, id = 'own:t1') => terminals.take({ type, terminal_id: id, offset });
  const prints = async (pty: FakePty, text: string): Promise<void> => {
    pty.prints(text);
    await clock.advance(options.batchMs);
  };
  return { clock, terminals, sent, linkUp, spawn, say, prints };
}

const about = (fields: object) => ({ terminal_id: 'own:t1', ...fields });
const textOf = (frames: readonly Frame[]) => frames.map(({ data }) => (typeof data === 'string' ? data : '')).join('');

describe('Terminals', () => {
  it('sends that it is there, its output by offset, and its end last, on one channel', async () => {
    const { linkUp, spawn, prints } = bench();
    const link = linkUp();
    const pty = await spawn();
    await prints(pty, 'é'.repeat(30));
    pty.prints('last');
    pty.ends(3);
    expect(link.stream.take()).toEqual([
      about({ type: 'terminal_spawned', offset: 0, pid: pty.pid }),
      about({ type: 'terminal_output', offset: 0, data: 'é'.repeat(20) }),
      about({ type: 'terminal_output', offset: 40, data: `${'é'.repeat(10)}last` }),
      about({ type: 'terminal_exited', offset: 64, exitCode: 3 }),
    ]);
    expect(link.control.take()).toEqual([]);
  });

  it('is not read while more is unread than may be', async () => {
    const { linkUp, spawn, say, prints } = bench();
    const link = linkUp();
    const pty = await spawn();
    await prints(pty, 'x'.repeat(100));
    expect(pty.isPaused).toBe(false);
    await prints(pty, 'y');
    expect(pty.isPaused).toBe(true);
    // What was not sent cannot have been read.
    say('terminal_ack', 101);
    expect(pty.isPaused).toBe(true);
    link.stream.take();
    link.stream.confirm();
    expect(pty.isPaused).toBe(true);
    say('terminal_ack', 2);
    expect(pty.isPaused).toBe(false);
  });

  it('C10 sends again on the next link what was not acknowledged, and from where it is asked to', async () => {
    const { terminals, linkUp, spawn, say, prints } = bench();
    const first = linkUp();
    const pty = await spawn();
    await prints(pty, '0123456789');
    first.stream.take();
    say('terminal_ack', 4);
    terminals.linkDown();
    await prints(pty, 'abc');
    const second = linkUp();
    expect(second.stream.take()).toEqual([
      about({ type: 'terminal_spawned', offset: 4, pid: pty.pid }),
      about({ type: 'terminal_output', offset: 4, data: '456789abc' }),
    ]);
    say('terminal_rewind', 8);
    expect(second.stream.take()).toEqual([about({ type: 'terminal_output', offset: 8, data: '89abc' })]);
    say('terminal_rewind', 0);
    expect(textOf(second.stream.take())).toBe('89abc');
  });

  it('C10 keeps one that has ended until its owner has read it, and then knows it no more', async () => {
    const { terminals, sent, linkUp, spawn, say, prints } = bench();
    const link = linkUp();
    const pty = await spawn();
    await prints(pty, 'output');
    pty.ends(0);
    link.stream.take();
    link.stream.confirm();
    say('terminal_rewind', 3);
    expect(link.stream.take()).toEqual([
      about({ type: 'terminal_output', offset: 3, data: 'put' }),
      about({ type: 'terminal_exited', offset: 6, exitCode: 0 }),
    ]);
    expect(terminals.settled).toBe(false);
    link.stream.confirm();
    expect(terminals.settled).toBe(true);
    say('terminal_ack', 6);
    expect(sent).toEqual([]);
    say('terminal_ack', 6);
    expect(sent).toEqual([]);
    say('terminal_rewind', 6);
    expect(sent).toEqual([about({ type: 'terminal_exited', exitCode: null, error: expect.stringMatching(/ended/) })]);
  });

  it('gives up what the owner of one that has ended does not read in time', async () => {
    const { clock, sent, linkUp, spawn, say, prints } = bench();
    const link = linkUp();
    const pty = await spawn();
    await prints(pty, 'output');
    pty.ends(0);
    link.stream.take();
    link.stream.confirm();
    await clock.advance(1_000);
    say('terminal_rewind', 0);
    expect(sent).toMatchObject([{ type: 'terminal_exited', exitCode: null }]);
  });

  it('C10 ends past the grace period without a link, and a link in time prevents that', async () => {
    const { terminals, clock, linkUp, spawn } = bench();
    linkUp();
    const pty = await spawn();
    terminals.linkDown();
    await clock.advance(999);
    linkUp();
    await clock.advance(10_000);
    terminals.linkDown();
    await clock.advance(1_000);
    pty.ends(129);
    const late = linkUp();
    expect(late.stream.take().at(-1)).toMatchObject({
      type: 'terminal_exited',
      exitCode: 129,
      error: expect.stringMatching(/ 1 s/),
    });
  });

  it('on a plain link says no offsets, goes over control, and counts as read what the server has read', async () => {
    const { terminals, linkUp, spawn, prints } = bench();
    const link = linkUp(false);
    const pty = await spawn();
    await prints(pty, 'x'.repeat(120));
    expect(pty.isPaused).toBe(true);
    const frames = link.control.take();
    expect(frames[0]).toEqual(about({ type: 'terminal_spawned', pid: pty.pid }));
    expect(frames.slice(1).every((frame) => !('offset' in frame))).toBe(true);
    link.control.confirm();
    expect(pty.isPaused).toBe(false);
    terminals.linkDown();
    const next = linkUp(false);
    await prints(pty, 'more');
    expect(next.control.take()).toEqual([about({ type: 'terminal_output', data: 'more' })]);
  });

  it('is one of so many per client, and asked for twice it is told of again', async () => {
    const { linkUp, spawn, terminals } = bench({ maxPerClient: 2 });
    const link = linkUp();
    await spawn('a:1');
    await spawn('a:2');
    await expect(spawn('a:3')).rejects.toThrow(/may have 2 terminals/);
    await spawn('b:1');
    link.stream.take();
    await terminals.spawn({ id: 'a:1', cols: 80, rows: 24 });
    expect(link.stream.take()).toMatchObject([{ type: 'terminal_spawned', terminal_id: 'a:1' }]);
  });

  it('takes what is typed in order, behind the spawn that opens it', async () => {
    const { terminals } = bench();
    const typed: string[] = [];
    const opening = terminals.spawn({ id: 't', cols: 80, rows: 24 });
    const using = [1, 2].map((n) => terminals.use('t', (terminal) => void typed.push(`${n} ${terminal.pid}`)));
    await Promise.all([opening, ...using]);
    expect(typed.map((text) => text[0])).toEqual(['1', '2']);
    await terminals.use('none', () => typed.push('never'));
    expect(typed).toHaveLength(2);
  });

  it('ends with the listener, and opens no more then', async () => {
    const { terminals, linkUp, spawn } = bench();
    const link = linkUp();
    const pty = await spawn();
    const closing = terminals.shutdown();
    await settle();
    pty.ends(129);
    await closing;
    expect(link.stream.take().at(-1)).toMatchObject({
      type: 'terminal_exited',
      error: expect.stringMatching(/listener stops/),
    });
    await expect(spawn('own:t2')).rejects.toThrow(/listener stops/);
  });
});
