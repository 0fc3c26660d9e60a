import { EventEmitter } from 'node:events';
import type { WebSocket } from 'ws';
import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import { SilenceWatch } from './silence-watch.js';

const OPTIONS = { probeMs: 1_000, maxUnansweredProbes: 2 };

/** The part of a WebSocket that is watched, and the stream beneath it. */
class Probed extends EventEmitter {
  readonly OPEN = 1;
  readonly readyState = 1;
  bytesRead = 0;
  probes = 0;
  isCut = false;
  /** Whether its peer answers probes. */
  answers = true;

  ping(): void {
    this.probes++;
    if (this.answers) this.bytesRead += 6;
  }

  terminate(): void {
    this.isCut = true;
    this.emit('close');
  }
}

let clock: ManualClock;
let watch: SilenceWatch;

beforeEach(() => {
  clock = new ManualClock();
  watch = new SilenceWatch(clock, OPTIONS);
});

function open(answers = true): Probed {
  const socket = Object.assign(new Probed(), { answers });
  watch.add(socket as unknown as WebSocket, socket);
  return socket;
}

describe('SilenceWatch', () => {
  it('cuts who has not answered so many probes, and nobody else', async () => {
    const [silent, answering] = [open(false), open()];
    await clock.advance(2_500);
    expect([silent.probes, silent.isCut]).toEqual([2, false]);
    await clock.advance(1_000);
    expect([silent.isCut, answering.isCut]).toEqual([true, false]);
    await clock.advance(10_000);
    expect([silent.probes, answering.isCut]).toEqual([2, false]);
    expect(answering.probes).toBeGreaterThan(10);
  });

  it('takes whatever a peer sends as a sign of life', async () => {
    const socket = open(false);
    for (let i = 0; i < 10; i++) {
      await clock.advance(1_500);
      socket.bytesRead++;
    }
    expect(socket.isCut).toBe(false);
  });

  it('C13 counts probes, not time: after a stall each socket has one more to answer', async () => {
    const socket = open(false);
    await clock.advance(1_200);
    clock.stall(120_000);
    await clock.advance(0);
    expect([socket.probes, socket.isCut]).toEqual([2, false]);
  });

  it('waits for nothing once every socket is closed', () => {
    const sockets = [open(), open()];
    for (const socket of sockets) socket.emit('close');
    expect(clock.pending).toBe(0);
  });
});
