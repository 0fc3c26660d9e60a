/**
 * How far the producers of one runtime are ahead of its socket, in UTF-16 units of the frames. While a link takes events they
 * pause where that is too far: what is shown stays close to what happens, and what is sent soon has hardly to be kept. Without
 * a link they go on, until the journal is full.
 */
export class ProducerLead {
  private units = 0;
  private isLinked = false;
  private waiting: (() => void)[] = [];

  constructor(private readonly maxUnits: number) {}

  linkUp(): void {
    this.isLinked = true;
  }

  linkDown(): void {
    this.isLinked = false;
    this.letGoOn();
  }

  appended(units: number): void {
    this.units += units;
  }

  /** The socket has taken so much; also what it takes again, or of an earlier process, so that the lead is never taken for more than it is. */
  taken(units: number): void {
    this.units = Math.max(0, this.units - units);
    this.letGoOn();
  }

  /** Everything was taken; what the journal has dropped will never be. */
  caughtUp(): void {
    this.taken(this.units);
  }

  /** Resolves when producers may go on. */
  room(): Promise<void> {
    return this.isTooFar ? new Promise((resolve) => this.waiting.push(resolve)) : Promise.resolve();
  }

  private get isTooFar(): boolean {
    return this.isLinked && this.units >= this.maxUnits;
  }

  private letGoOn(): void {
    if (this.waiting.length === 0 || this.isTooFar) return;
    for (const resume of this.waiting.splice(0)) resume();
  }
}
