/** Ranges remembered; beyond, the oldest is forgotten. */
const MAX_RANGES = 256;

/** A set of whole numbers, kept as ranges. */
export class NumberRanges {
  private ranges: { readonly from: number; readonly to: number }[] = [];

  add(from: number, to: number): void {
    if (from > to) return;
    this.ranges.push({ from, to });
    if (this.ranges.length > MAX_RANGES) this.ranges.shift();
  }

  /** Takes a number out; false when it was not there. */
  take(number: number): boolean {
    const index = this.ranges.findIndex(({ from, to }) => from <= number && number <= to);
    const range = this.ranges[index];
    if (!range) return false;
    const rest = [
      { from: range.from, to: number - 1 },
      { from: number + 1, to: range.to },
    ];
    this.ranges.splice(index, 1, ...rest.filter(({ from, to }) => from <= to));
    return true;
  }

  clear(): void {
    this.ranges = [];
  }
}
