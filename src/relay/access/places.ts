/** How many of something each of many keys has at once, up to a bound. */
export class Places {
  private readonly taken = new Map<string, number>();

  constructor(private readonly most: number) {}

  /** @returns false when the key has as many as it may */
  take(key: string): boolean {
    const count = this.taken.get(key) ?? 0;
    if (count >= this.most) return false;
    this.taken.set(key, count + 1);
    return true;
  }

  /** Gives one back that was taken. */
  release(key: string): void {
    const count = this.taken.get(key) ?? 0;
    if (count > 1) this.taken.set(key, count - 1);
    else this.taken.delete(key);
  }
}
