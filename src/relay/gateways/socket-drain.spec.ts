import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../../../test/kit/manual-clock.js';
import { drainSockets } from './socket-drain.js';

const OPTIONS = { drainGraceMs: 5_000, drainBatch: 100, drainEveryMs: 50 };

class FakeSocket extends EventEmitter {
  readonly CLOSED = 3;
  readyState: 0 | 1 | 2 | 3 = 1;
  closedWith: number | undefined;

  /** @param answers whether the peer answers a close */
  constructor(private readonly answers = true) {
    super();
  }

  close(code: number): void {
    this.closedWith ??= code;
    if (this.answers) this.end();
  }

  terminate(): void {
    this.closedWith ??= 1006;
    this.end();
  }

  private end(): void {
    if (this.readyState === this.CLOSED) return;
    this.readyState = this.CLOSED;
    this.emit('close');
  }
}

const many = (count: number, answers = true) => Array.from({ length: count }, () => new FakeSocket(answers));
const told = (sockets: readonly FakeSocket[]) => sockets.filter(({ closedWith }) => closedWith === 1012).length;

function drain(groups: readonly (readonly FakeSocket[])[], options = OPTIONS) {
  const clock = new ManualClock();
  const begun = clock.now();
  let tookMs: number | undefined;
  void drainSockets(groups, clock, options).then(() => (tookMs = clock.now() - begun));
  return { clock, took: () => tookMs };
}

describe('C26 a drain', () => {
  it('closes a batch at a time', async () => {
    const sockets = many(250);
    const { clock, took } = drain([sockets]);
    expect(told(sockets)).toBe(100);
    await clock.advance(49);
    expect(told(sockets)).toBe(100);
    await clock.advance(1);
    expect(told(sockets)).toBe(200);
    await clock.advance(50);
    expect(told(sockets)).toBe(250);
    expect(took()).toBe(100);
    expect(clock.pending).toBe(0);
  });

  it('tells every socket while there is time to answer, however many there are', async () => {
    const sockets = many(20_000);
    const { clock, took } = drain([sockets]);
    await clock.advance(OPTIONS.drainGraceMs / 2);
    expect(told(sockets)).toBe(20_000);
    expect(took()).toBeLessThanOrEqual(OPTIONS.drainGraceMs / 2);
  });

  it('closes what comes later when the earlier is closed, and does not wait for the dead', async () => {
    const [listeners, dead, clients] = [many(150), many(1, false), many(10)];
    const { clock, took } = drain([listeners, clients]);
    expect(told(clients)).toBe(0);
    await clock.advance(50);
    expect([told(listeners), told(clients), took()]).toEqual([150, 10, 50]);
    const other = drain([dead, many(10)]);
    await other.clock.advance(OPTIONS.drainGraceMs - 1);
    expect([told(dead), other.took()]).toEqual([1, undefined]);
    await other.clock.advance(1);
    expect(other.took()).toBe(OPTIONS.drainGraceMs);
  });

  it('tells clients in time although a listener does not answer', async () => {
    const [listeners, clients] = [many(1, false), many(10)];
    const { clock } = drain([listeners, clients]);
    await clock.advance(OPTIONS.drainGraceMs / 2);
    expect(told(clients)).toBe(10);
  });

  it('without any grace closes all at once, and cuts what is left', async () => {
    const [sockets, dead] = [many(300), many(1, false)];
    const { clock, took } = drain([sockets, dead], { ...OPTIONS, drainGraceMs: 0 });
    await clock.advance(0);
    expect(told(sockets)).toBe(300);
    expect(took()).toBe(0);
  });

  it('has nothing to do without sockets', async () => {
    const { took } = drain([]);
    await settle();
    expect(took()).toBe(0);
  });
});
