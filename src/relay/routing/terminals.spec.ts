import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import type { Frame } from '../../protocol/index.js';
import { NO_ROUTING_OBSERVER } from './routing-observer.js';
import { Terminals } from './terminals.js';

const LIMITS = { terminalKeptBytes: 300, terminalLingerMs: 5_000, maxTerminalsPerClient: 2, clientAwayMs: 60_000 };

type Link = { resumable: boolean; send(frame: object): void };

function owner(key: string) {
  const shown: Record<string, unknown>[] = [];
  return {
    key,
    shown,
    isHere: true,
    isNamed: true,
    show(text: string): boolean {
      if (this.isHere) shown.push(JSON.parse(text) as Record<string, unknown>);
      return this.isHere;
    },
  };
}

function bench() {
  const clock = new ManualClock();
  const told: Frame[] = [];
  const commands: Frame[] = [];
  const device = {
    link: { resumable: true, send: (frame: object) => void told.push(frame as Frame) } as Link | undefined,
  };
  const terminals = new Terminals(clock, LIMITS, NO_ROUTING_OBSERVER, {
    link: () => device.link,
    command: (frame) => commands.push(frame),
  });
  return { clock, terminals, device, told, commands };
}

const spawn = (id: string) => ({ type: 'terminal_spawn', terminal_id: id, cols: 80, rows: 24 });

describe('Terminals', () => {
  it('C27 keeps terminals of two clients apart that chose the same id', () => {
    const { terminals } = bench();
    const [a, b] = [owner('a'), owner('b')];
    const [idA, idB] = [a, b].map((client) => terminals.rewrite(client, spawn('t1'))?.['terminal_id']);
    expect(idA).not.toBe(idB);
    expect(terminals.take({ type: 'terminal_output', terminal_id: idB, data: 'hi' })).toBe(true);
    expect(a.shown).toEqual([]);
    expect(b.shown).toEqual([{ type: 'terminal_output', terminal_id: 't1', data: 'hi' }]);
    expect(terminals.rewrite(a, { type: 'terminal_input', terminal_id: 't1' })?.['terminal_id']).toBe(idA);
  });

  it('C10 keeps the newest output for an owner who is away, and says what is missing', () => {
    const { terminals } = bench();
    const a = owner('a');
    const id = terminals.rewrite(a, spawn('t1'))?.['terminal_id'];
    a.isHere = false;
    for (let i = 0; i < 10; i++) terminals.take({ type: 'terminal_output', terminal_id: id, data: `${i}`.repeat(10) });
    a.isHere = true;
    terminals.back(a);
    const [notice, ...kept] = a.shown;
    expect(notice).toMatchObject({ type: 'terminal_output', terminal_id: 't1', missing: (10 - kept.length) * 10 });
    expect(kept.at(-1)).toMatchObject({ data: '9999999999' });
  });

  it('ends the terminals of an owner who has left, and forgets them', () => {
    const { terminals } = bench();
    const a = owner('a');
    const id = terminals.rewrite(a, spawn('t1'))?.['terminal_id'];
    expect(terminals.leave(a)).toEqual([{ type: 'terminal_kill', terminal_id: id }]);
    expect(terminals.take({ type: 'terminal_output', terminal_id: id, data: 'x' })).toBe(false);
  });

  it('knows an id a little longer than its terminal lives', async () => {
    const { terminals, clock } = bench();
    const a = owner('a');
    const id = terminals.rewrite(a, spawn('t1'))?.['terminal_id'];
    terminals.take({ type: 'terminal_exited', terminal_id: id, exitCode: 0 });
    expect(terminals.take({ type: 'terminal_output', terminal_id: id, data: 'late' })).toBe(true);
    await clock.advance(LIMITS.terminalLingerMs);
    expect(terminals.take({ type: 'terminal_output', terminal_id: id, data: 'later' })).toBe(false);
  });

  it('is bounded per client', () => {
    const { terminals } = bench();
    const a = owner('a');
    expect(['t1', 't2', 't3'].map((id) => terminals.rewrite(a, spawn(id)) !== undefined)).toEqual([true, true, false]);
    expect(terminals.rewrite(owner('b'), spawn('t1'))).toBeDefined();
  });

  it('tells the owners when the device has lost them', () => {
    const { terminals } = bench();
    const a = owner('a');
    terminals.rewrite(a, spawn('t1'));
    terminals.lost('gone');
    terminals.lost('gone');
    expect(a.shown).toEqual([{ type: 'terminal_exited', terminal_id: 't1', exitCode: null, error: 'gone' }]);
  });
});
