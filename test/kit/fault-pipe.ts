import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

export type Direction = 'up' | 'down' | 'both';

export interface FaultPipeHost {
  cut(): void;
  /** Whether there is nobody any more behind the socket that bytes are for. */
  isGone(to: Socket): boolean;
  swallowed(bytes: number): void;
}

/** How often a throttled pipe passes something on, in ms. */
const THROTTLE_STEP_MS = 20;

/** One direction of a connection: carries bytes, or does to them what it was told. */
export class FaultPipe {
  private mode: 'carry' | 'swallow' = 'carry';
  private gate: Promise<void> | undefined;
  private bytesPerSecond = Infinity;
  private bytesUntilCut = Infinity;

  constructor(private readonly host: FaultPipeHost) {}

  /** Whether bytes stay here, so that an end that follows them must stay too. */
  get isHolding(): boolean {
    return this.mode === 'swallow' || this.gate !== undefined;
  }

  start(from: Socket, to: Socket, first: Buffer = Buffer.alloc(0)): void {
    // A broken connection ends the loop; both sides have listeners of their own for that.
    this.run(from, to, first).catch(() => {});
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

  private async run(from: Socket, to: Socket, first: Buffer): Promise<void> {
    const held: Buffer[] = [];
    // Reading goes on while bytes are held back: a peer that gives up meanwhile is seen to.
    let carrying = first.length > 0 ? this.carry(first, to) : Promise.resolve();
    try {
      for await (const chunk of from.iterator({ destroyOnReturn: false })) {
        held.push(chunk as Buffer);
        carrying = carrying.then(() => this.carry(held.shift() ?? Buffer.alloc(0), to));
        if (!this.isHolding) await carrying;
      }
    } finally {
      await carrying;
      await this.gate;
      if (this.mode === 'carry') to.end();
    }
  }

  private async carry(chunk: Buffer, to: Socket): Promise<void> {
    await this.gate;
    if (this.mode === 'swallow') return this.host.swallowed(chunk.length);
    // A reset, as the machine of a peer that is gone would send.
    if (this.host.isGone(to)) return this.host.cut();
    let rest = chunk;
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
    if (rest.length > 0 && !to.write(rest)) await once(to, 'drain');
  }
}
