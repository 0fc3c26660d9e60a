/** Events that a client was told it will never see. */
export interface ToldGap {
  readonly epoch: string;
  readonly from: number;
  /** Null: all to the end of that epoch, and perhaps more (`recovered: false`). */
  readonly to: number | null;
  /** How many numbered events the client had seen before it. */
  readonly before: number;
}

/** What one client saw of one runtime, in its order. Columns instead of objects: a long run has millions. */
export class Sightings {
  readonly numbers: number[] = [];
  readonly gaps: ToldGap[] = [];
  private readonly seqs: number[] = [];
  private readonly epochs: number[] = [];
  private readonly epochNames: string[] = [];

  saw(number: number, epoch: string, seq: number): void {
    this.numbers.push(number);
    this.seqs.push(seq);
    this.epochs.push(this.indexOf(epoch));
  }

  wasTold(epoch: string, from: number, to: number | null): void {
    this.gaps.push({ epoch, from, to, before: this.numbers.length });
  }

  /** The name under which the n-th of `numbers` came. */
  nameOf(index: number): { readonly epoch: string | undefined; readonly seq: number | undefined } {
    return { epoch: this.epochNames[this.epochs[index] ?? -1], seq: this.seqs[index] };
  }

  private indexOf(epoch: string): number {
    const known = this.epochNames.lastIndexOf(epoch);
    return known < 0 ? this.epochNames.push(epoch) - 1 : known;
  }
}
