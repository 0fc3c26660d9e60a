/**
 * Heights of rows, in pixels, and where each begins: a Fenwick tree, so that measuring a row, adding one and finding the one at a place
 * cost the logarithm of their number.
 */
export class HeightIndex {
  private readonly heights: number[] = [];
  /** One-based: `sums[i]` holds the sum of the last `i & -i` heights up to `i`. */
  private readonly sums: number[] = [0];

  get length(): number {
    return this.heights.length;
  }

  /** Of all rows. */
  get total(): number {
    return this.offsetOf(this.length);
  }

  heightOf(row: number): number {
    return this.heights[row] ?? 0;
  }

  push(height: number): void {
    this.heights.push(height);
    const at = this.heights.length;
    // What the new node covers: itself and the complete nodes below it.
    let sum = height;
    for (let below = at - 1; below > at - (at & -at); below -= below & -below) sum += this.sums[below] ?? 0;
    this.sums.push(sum);
  }

  set(row: number, height: number): void {
    const change = height - this.heightOf(row);
    if (change === 0 || row >= this.length) return;
    this.heights[row] = height;
    for (let at = row + 1; at <= this.length; at += at & -at) this.sums[at] = (this.sums[at] ?? 0) + change;
  }

  /** Takes rows away at the end. */
  truncate(length: number): void {
    if (length >= this.length) return;
    this.heights.length = length;
    this.sums.length = length + 1;
  }

  /** Where a row begins. */
  offsetOf(row: number): number {
    let sum = 0;
    for (let at = Math.min(row, this.length); at > 0; at -= at & -at) sum += this.sums[at] ?? 0;
    return sum;
  }

  /** The row at a place: the last that begins there or before; 0 where there is none. */
  rowAt(offset: number): number {
    let row = 0;
    let left = offset;
    for (let step = 2 ** Math.floor(Math.log2(Math.max(1, this.length))); step >= 1; step /= 2) {
      const sum = this.sums[row + step];
      if (sum === undefined || sum > left) continue;
      row += step;
      left -= sum;
    }
    return Math.max(0, Math.min(row, this.length - 1));
  }
}
