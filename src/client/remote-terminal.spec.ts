import { describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../../test/kit/manual-clock.js';
import type { Frame } from '../protocol/index.js';
import { RemoteTerminals } from './remote-terminals.js';

const LIMITS = { ackBytes: 10, terminalAckMs: 50, terminalAheadBytes: 8, terminalTailMs: 250, commandTimeoutMs: 1_000 };

function bench() {
  const clock = new ManualClock();
  const told: Frame[] = [];
  const link = { isUp: true };
  const tell = (type: string, fields: object): boolean => {
    if (link.isUp) told.push({ ...fields, type });
    return link.isUp;
  };
  const terminals = new RemoteTerminals({ clock, limits: LIMITS, tell });
  const opening = terminals.open({ cols: 80, rows: 24 });
  const id = told[0]?.['terminal_id'];
  const receive = (type: string, fields: object = {}) => terminals.take({ ...fields, type, terminal_id: id });
  const acks = () => told.filter(({ type }) => type === 'terminal_ack').map(({ offset }) => offset);
  return { clock, told, link, terminals, opening, receive, acks };
}

async function opened() {
  const parts = bench();
  parts.receive('terminal_spawned', { pid: 7, offset: 0 });
  return { ...parts, terminal: await parts.opening };
}

describe('RemoteTerminal', () => {
  it('C29 a frame of an id that no text can be made of is about no terminal', async () => {
    const { terminals, receive, opening } = bench();
    expect(terminals.take({ type: 'terminal_exited', terminal_id: { toString: 1, valueOf: 1 }, exitCode: 0 })).toBe(
      false,
    );
    receive('terminal_spawned', { pid: 7, offset: 0 });
    expect((await opening).pid).toBe(7);
  });

  it('acknowledges what was read, not what has come', async () => {
    const { terminal, receive, acks, clock } = await opened();
    receive('terminal_output', { offset: 0, data: 'abc' });
    receive('terminal_output', { offset: 3, data: 'é' });
    await clock.advance(1_000);
    expect(acks()).toEqual([]);
    expect((await terminal.output.next()).value).toBe('abc');
    await clock.advance(50);
    expect(acks()).toEqual([3]);
    await terminal.output.next();
    receive('terminal_output', { offset: 5, data: '0123456789' });
    await terminal.output.next();
    expect(acks()).toEqual([3, 15]);
    expect(clock.pending).toBe(0);
  });

  it('C10 ends once all its output is here, and has the device let go of it', async () => {
    const { terminal, receive, acks } = await opened();
    receive('terminal_exited', { exitCode: 2, offset: 4 });
    receive('terminal_output', { offset: 2, data: 'cd' });
    receive('terminal_output', { offset: 0, data: 'ab' });
    expect(await terminal.exited).toEqual({ exitCode: 2 });
    expect(acks()).toEqual([4]);
    let text = '';
    for await (const piece of terminal.output) text += piece;
    expect(text).toBe('abcd');
  });

  it('says what is missing where too much has come that follows it', async () => {
    const { terminal, receive, acks } = await opened();
    receive('terminal_output', { offset: 0, data: 'ab' });
    receive('terminal_output', { offset: 7, data: 'hijk' });
    receive('terminal_output', { offset: 11, data: 'lmnop' });
    receive('terminal_output', { offset: 2, data: 'late' });
    receive('terminal_exited', { exitCode: 0, offset: 16 });
    let text = '';
    for await (const piece of terminal.output) text += piece;
    expect(text).toBe('ab\r\n[5 bytes of output did not come]\r\nhijklmnop');
    expect(acks().at(-1)).toBe(16);
  });

  it('C10 says on a new link where it stands, and again where something comes twice', async () => {
    const { terminal, terminals, receive, acks, link, clock } = await opened();
    link.isUp = false;
    receive('terminal_output', { offset: 0, data: 'abc' });
    await terminal.output.next();
    await clock.advance(50);
    expect(terminal.write('x')).toBe(false);
    link.isUp = true;
    terminals.resume();
    expect(acks()).toEqual([3]);
    receive('terminal_output', { offset: 0, data: 'abc' });
    await clock.advance(50);
    expect(acks()).toEqual([3, 3]);
  });

  it('waits for the last output of a device that may send it after the end', async () => {
    const { opening, receive, clock, acks } = bench();
    receive('terminal_spawned', { pid: 7 });
    const terminal = await opening;
    receive('terminal_exited', { exitCode: 0 });
    receive('terminal_output', { data: 'late' });
    await clock.advance(250);
    expect(await terminal.exited).toEqual({ exitCode: 0 });
    expect((await terminal.output.next()).value).toBe('late');
    expect((await terminal.output.next()).done).toBe(true);
    expect(acks()).toEqual([]);
  });

  it('is asked for again on a new link while the device has not opened it', () => {
    const { told, terminals } = bench();
    terminals.resume();
    expect(told.map(({ type }) => type)).toEqual(['terminal_spawn', 'terminal_spawn']);
    expect(told[0]).toEqual(told[1]);
  });

  it('fails with the reason where the device opens none, and in time where it says nothing', async () => {
    const refused = bench();
    refused.receive('terminal_exited', { exitCode: 1, error: 'no room' });
    await expect(refused.opening).rejects.toThrow('no room');
    const silent = bench();
    await Promise.all([expect(silent.opening).rejects.toThrow(/within 1 s/), silent.clock.advance(1_000)]);
    expect(silent.receive('terminal_spawned', { pid: 7 })).toBe(false);
  });

  it('tells a new link its size and that it is to end, which the old one may have lost', async () => {
    const { terminal, terminals, link, told } = await opened();
    terminals.resume();
    expect(told.map(({ type }) => type)).toEqual(['terminal_spawn', 'terminal_ack']);
    link.isUp = false;
    expect(terminal.resize(100, 30)).toBe(false);
    expect(terminal.kill()).toBe(false);
    link.isUp = true;
    told.length = 0;
    terminals.resume();
    expect(told).toMatchObject([
      { type: 'terminal_ack' },
      { type: 'terminal_resize', cols: 100, rows: 30 },
      { type: 'terminal_kill' },
    ]);
  });

  it('ends with the attachment', async () => {
    const { terminal, terminals } = await opened();
    terminals.end(new Error('closed'));
    await settle();
    expect(await terminal.exited).toEqual({ exitCode: null, error: 'closed' });
    await expect(terminal.output.next()).rejects.toThrow('closed');
  });
});
