import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import type { Frame } from '../../protocol/index.js';
import { NO_ROUTING_OBSERVER } from './routing-observer.js';
import { type ShowOutcome, Terminals } from './terminals.js';

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

  describe('of a device that says offsets', () => {
    const output = (id: unknown, offset: number, data: string) => ({
      type: 'terminal_output',
      terminal_id: id,
      offset,
      data,
    });
    const exit = (id: unknown, offset: number) => ({ type: 'terminal_exited', terminal_id: id, exitCode: 0, offset });

    it('C10 keeps no output, and asks for what its owner has missed once that one is back', () => {
      const { terminals, told } = bench();
      const a = owner('a');
      const id = terminals.rewrite(a, spawn('t1'))?.['terminal_id'];
      terminals.take(output(id, 0, 'abc'));
      terminals.acknowledge(a, { type: 'terminal_ack', terminal_id: 't1', offset: 2 });
      expect(told.splice(0)).toEqual([{ type: 'terminal_ack', terminal_id: id, offset: 2 }]);
      a.isHere = false;
      terminals.take(output(id, 3, 'def'));
      terminals.take(exit(id, 6));
      a.isHere = true;
      a.shown.length = 0;
      terminals.back(a);
      expect(a.shown).toEqual([]);
      expect(told).toEqual([{ type: 'terminal_rewind', terminal_id: id, offset: 2 }]);
      terminals.back(a);
      expect(told).toHaveLength(1);
    });

    it('C10 tells the end to an owner who was away for it and had read everything', async () => {
      const { terminals, clock, told } = bench();
      const a = owner('a');
      const id = terminals.rewrite(a, spawn('t1'))?.['terminal_id'];
      terminals.acknowledge(a, { type: 'terminal_ack', terminal_id: 't1', offset: 6 });
      a.isHere = false;
      terminals.take(exit(id, 6));
      await clock.advance(2 * LIMITS.terminalLingerMs);
      a.isHere = true;
      told.length = 0;
      terminals.back(a);
      expect(a.shown).toEqual([{ type: 'terminal_exited', terminal_id: 't1', exitCode: 0, offset: 6 }]);
      expect(told).toEqual([]);
      expect(terminals.isOwner(a)).toBe(true);
      await clock.advance(LIMITS.terminalLingerMs);
      expect(terminals.isOwner(a)).toBe(false);
    });

    it('counts as read what was delivered to an owner who does not say what it has read', () => {
      const { terminals, told } = bench();
      const a = { ...owner('a'), isNamed: false, show: (_: string, { delivered }: ShowOutcome) => (delivered(), true) };
      const id = terminals.rewrite(a, spawn('t1'))?.['terminal_id'];
      terminals.take(output(id, 0, 'é'));
      expect(told).toEqual([{ type: 'terminal_ack', terminal_id: id, offset: 2 }]);
    });

    it('C10 finds the owner of a terminal that an earlier process of the relay knew', () => {
      const before = bench().terminals.rewrite(owner('a'), spawn('t1'))?.['terminal_id'];
      const { terminals, told } = bench();
      const a = owner('a');
      expect(terminals.take(output(before, 4, 'missed'))).toBe(true);
      terminals.back(a);
      expect(told).toEqual([{ type: 'terminal_rewind', terminal_id: before, offset: 0 }]);
      terminals.take(output(before, 4, 'again'));
      expect(a.shown).toEqual([{ type: 'terminal_output', terminal_id: 't1', offset: 4, data: 'again' }]);
    });

    it('C10 learns of it by its owner too, as soon as there is a device to ask', () => {
      const { terminals, told, device } = bench();
      const { link } = device;
      device.link = undefined;
      terminals.acknowledge(owner('a'), { type: 'terminal_ack', terminal_id: 't1', offset: 7 });
      expect(told).toEqual([]);
      device.link = link;
      terminals.deviceReady();
      expect(told).toMatchObject([{ type: 'terminal_rewind', offset: 7 }]);
      terminals.deviceReady();
      expect(told).toHaveLength(1);
    });

    it('ends one whose owner never comes, and lets the device keep nothing for it', async () => {
      const { terminals, clock, commands, told } = bench();
      const id = bench().terminals.rewrite(owner('a'), spawn('t1'))?.['terminal_id'];
      terminals.take(output(id, 0, 'x'));
      await clock.advance(LIMITS.clientAwayMs);
      expect(commands).toEqual([{ type: 'terminal_kill', terminal_id: id }]);
      expect(terminals.take(output(id, 1, 'yz'))).toBe(false);
      expect(told).toEqual([{ type: 'terminal_ack', terminal_id: id, offset: 3 }]);
    });

    it('is told of once, however often the device says that it is there', () => {
      const { terminals } = bench();
      const a = owner('a');
      const id = terminals.rewrite(a, spawn('t1'))?.['terminal_id'];
      for (let i = 0; i < 3; i++) terminals.take({ type: 'terminal_spawned', terminal_id: id, pid: 1, offset: 0 });
      expect(a.shown).toHaveLength(1);
    });

    it('C10 keeps the end of one for an owner who stays away for longer than its id is known', async () => {
      const { terminals, clock } = bench();
      const a = owner('a');
      terminals.rewrite(a, spawn('t1'));
      a.isHere = false;
      terminals.lost('gone');
      await clock.advance(2 * LIMITS.terminalLingerMs);
      a.isHere = true;
      terminals.back(a);
      expect(a.shown).toMatchObject([{ type: 'terminal_exited', terminal_id: 't1', error: 'gone' }]);
    });
  });

  it('says of a terminal that only its owner remembers that it is gone, where the device cannot be asked', () => {
    const { terminals, device } = bench();
    device.link = { resumable: false, send: () => {} };
    const a = owner('a');
    terminals.rewrite(a, { type: 'terminal_input', terminal_id: 't1', data: 'x' });
    expect(a.shown).toMatchObject([
      { type: 'terminal_exited', terminal_id: 't1', error: expect.stringMatching(/nothing of/) },
    ]);
  });
});
