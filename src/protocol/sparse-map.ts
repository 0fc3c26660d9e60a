/**
 * A map that costs next to nothing while it is empty: of those that each environment, client and socket has, most are.
 * Iterating is as with a `Map`, but for what is put in after the last entry was taken out.
 */
export class SparseMap<K, V> {
  private map: Map<K, V> | undefined;

  get size(): number {
    return this.map?.size ?? 0;
  }

  get(key: K): V | undefined {
    return this.map?.get(key);
  }

  has(key: K): boolean {
    return this.map?.has(key) ?? false;
  }

  set(key: K, value: V): this {
    (this.map ??= new Map<K, V>()).set(key, value);
    return this;
  }

  delete(key: K): boolean {
    const isDeleted = this.map?.delete(key) ?? false;
    if (this.map?.size === 0) this.map = undefined;
    return isDeleted;
  }

  clear(): void {
    this.map = undefined;
  }

  keys(): Iterable<K> {
    return this.map?.keys() ?? [];
  }

  values(): Iterable<V> {
    return this.map?.values() ?? [];
  }

  [Symbol.iterator](): Iterator<[K, V]> {
    return (this.map ?? [])[Symbol.iterator]();
  }
}
