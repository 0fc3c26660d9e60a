/**
 * A set that costs next to nothing while it is empty, as `SparseMap` does. Iterating is as with a `Set`, but for what is put in
 * after the last value was taken out.
 */
export class SparseSet<T> {
  private set: Set<T> | undefined;

  get size(): number {
    return this.set?.size ?? 0;
  }

  add(value: T): this {
    (this.set ??= new Set<T>()).add(value);
    return this;
  }

  has(value: T): boolean {
    return this.set?.has(value) ?? false;
  }

  delete(value: T): boolean {
    const isDeleted = this.set?.delete(value) ?? false;
    if (this.set?.size === 0) this.set = undefined;
    return isDeleted;
  }

  [Symbol.iterator](): Iterator<T> {
    return (this.set ?? [])[Symbol.iterator]();
  }
}
