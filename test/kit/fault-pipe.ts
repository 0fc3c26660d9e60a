import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { FrameCorruptor, type Corruption } from './frame-corruptor.js';

export type Direction = 'up' | 'down' | 'both';

export interface FaultPipeHost {
  cut(): void;
  /** Whether there is nobody any more behind the socket that bytes are for. */
  isGone(to: Socket): boolean;
  swallowed(bytes: number): void;
  /** Told of bytes that are about to be passed on. */
  carries(): void;
}

/** How often a throttled pipe passes something on, in ms. */
const THROTTLE_STEP_MS = 20;

/** One direction of a connection: carries bytes, or does to them what it was told. */
export class FaultPipe {
  private mode: 'carry' | 'swallow' = 'carry';
  private gate: Promise<void> | undefined;
  private bytesPerSecond = Infinity;
  private bytesUntilCut = Infinity;
  private carrying: Promise<void> = Promise.resolve();
  private readonly corruptor = new FrameCorruptor();

  constructor(private readonly host: FaultPipeHost) {}

  /** Whether bytes stay here, so that an end that follows them must stay too. */
  get isHolding(): boolean {
    return this.mode === 'swallow' || this.gate !== undefined;
  }

  /** @param first what was read already */
  start(from: Socket, to: Socket, first: Buffer = Buffer.alloc(0)): void {
    const take = (chunk: Buffer): void => {
      this.carrying = this.carrying.then(() => this.carry(chunk, to));
      // Reading goes on while bytes are held back: a peer that gives up meanwhile is seen to.
      if (this.isHolding) return;
      from.pause();
      void this.carrying.then(() => from.resume());
    };
    const end = (): void => {
      this.carrying = this.carrying.then(async () => {
        await this.gate;
        if (this.mode === 'carry') to.end();
      });
    };
    from.on('data', take).once('end', end).once('close', end);
    if (first.length > 0) take(first);
    if (this.isHolding || first.length === 0) from.resume();
  }

  swallow(): void {
    this.mode = 'swallow';
  }

  delay(until: Promise<void>): void {
    const gate = until.then(() => {
      if (this.gate === gate) this.gate = undefined;
    });
    this.gate = gate;
  }

  throttle(bytesPerSecond: number): void {
    this.bytesPerSecond = bytesPerSecond;
  }

  cutAfter(bytes: number): void {
    this.bytesUntilCut = bytes;
  }

  corrupt(corruption: Corruption): void {
    this.corruptor.arm(corruption);
  }

  private async carry(chunk: Buffer, to: Socket): Promise<void> {
    await this.gate;
    if (this.mode === 'swallow') return this.host.swallowed(chunk.length);
    this.host.carries();
    // A reset, as the machine of a peer that is gone would send.
    if (this.host.isGone(to)) return this.host.cut();
    let rest = this.corruptor.pass(chunk);
    if (rest.length >= this.bytesUntilCut) {
      to.write(rest.subarray(0, this.bytesUntilCut), () => this.host.cut());
      this.mode = 'swallow';
      return;
    }
    this.bytesUntilCut -= rest.length;
    while (this.bytesPerSecond < Infinity && rest.length > 0) {
      const step = Math.max(1, Math.floor((this.bytesPerSecond * THROTTLE_STEP_MS) / 1_000));
      to.write(rest.subarray(0, step));
      rest = rest.subarray(step);
      await wait(THROTTLE_STEP_MS);
    }
    if (rest.length > 0 && !to.write(rest)) await drained(to);
  }
}

/** Resolves when a socket takes more, or never will. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('drain', resolve).once('close', resolve));
}
