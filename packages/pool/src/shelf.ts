/**
 * What can be lent, by when it was put there: a ring in an array. Taking the newest or the oldest and putting one back
 * are O(1), without the links that a list would write at each loan and each idle entry would carry. Removal from the
 * middle scans, but only what breaks by itself or has its time over leaves from there.
 */
export class Shelf<T> {
  readonly #newestFirst: boolean;
  /** Its length is a power of two. */
  #ring: (T | undefined)[] = Array<T | undefined>(8).fill(undefined);
  #oldest = 0;
  #size = 0;

  constructor(order: 'lifo' | 'fifo') {
    this.#newestFirst = order === 'lifo';
  }

  get size(): number {
    return this.#size;
  }

  /** What `take` would give. */
  get next(): T | undefined {
    const at = this.#newestFirst ? this.#oldest + this.#size - 1 : this.#oldest;
    return this.#ring[at & (this.#ring.length - 1)];
  }

  take(): T | undefined {
    if (this.#size === 0) return undefined;
    const ring = this.#ring;
    const mask = ring.length - 1;
    let at = this.#oldest;
    if (this.#newestFirst) at = (at + this.#size - 1) & mask;
    else this.#oldest = (at + 1) & mask;
    this.#size -= 1;
    const item = ring[at];
    ring[at] = undefined;
    return item;
  }

  /** As the newest: it came just now. */
  put(item: T): void {
    if (this.#size === this.#ring.length) this.#grow();
    this.#ring[(this.#oldest + this.#size) & (this.#ring.length - 1)] = item;
    this.#size += 1;
  }

  /** As the oldest: it was only away for a moment. */
  putBack(item: T): void {
    if (this.#size === this.#ring.length) this.#grow();
    this.#oldest = (this.#oldest - 1) & (this.#ring.length - 1);
    this.#ring[this.#oldest] = item;
    this.#size += 1;
  }

  /** `item` must be here. */
  remove(item: T): void {
    // Eviction takes the oldest, one after the other.
    if (this.#ring[this.#oldest] === item) {
      this.#ring[this.#oldest] = undefined;
      this.#oldest = (this.#oldest + 1) & (this.#ring.length - 1);
      this.#size -= 1;
      return;
    }
    const items = [...this];
    items.splice(items.indexOf(item), 1);
    this.#refill(items, this.#ring.length);
  }

  /** From the oldest, as it is now: what is taken or put meanwhile changes nothing. */
  [Symbol.iterator](): Iterator<T> {
    const mask = this.#ring.length - 1;
    return Array.from({ length: this.#size }, (_, index) => this.#ring[(this.#oldest + index) & mask] as T)[Symbol.iterator]();
  }

  #grow(): void {
    this.#refill([...this], this.#ring.length * 2);
  }

  #refill(items: readonly T[], length: number): void {
    this.#ring = Array<T | undefined>(length).fill(undefined);
    for (const [index, item] of items.entries()) this.#ring[index] = item;
    this.#oldest = 0;
    this.#size = items.length;
  }
}
