/**
 * What can be lent, by when it was put there. Taking the newest and putting another is O(1) and writes one slot, where a
 * list would write its links at each loan and each idle entry would carry them. The rest may move the others, of
 * which there are at most as many as the pool has resources: what breaks by itself leaves from the middle, what has been
 * idle for too long from the front.
 */
export class Shelf<T> {
  readonly #newestFirst: boolean;
  /** Oldest first. */
  readonly #items: T[] = [];

  constructor(order: 'lifo' | 'fifo') {
    this.#newestFirst = order === 'lifo';
  }

  get size(): number {
    return this.#items.length;
  }

  /** What `take` would give. */
  get next(): T | undefined {
    return this.#newestFirst ? this.#items.at(-1) : this.#items[0];
  }

  take(): T | undefined {
    return this.#newestFirst ? this.#items.pop() : this.#items.shift();
  }

  /** As the newest: it came just now. */
  put(item: T): void {
    this.#items.push(item);
  }

  /** Where it was, before those that came later: it was only away for a moment. */
  putBack(item: T, cameLater: (other: T) => boolean): void {
    const at = this.#items.findIndex(cameLater);
    this.#items.splice(at === -1 ? this.#items.length : at, 0, item);
  }

  /** `item` must be here. */
  remove(item: T): void {
    this.#items.splice(this.#items.indexOf(item), 1);
  }

  /** Oldest first, as they are now: what is taken or put meanwhile changes nothing. */
  [Symbol.iterator](): Iterator<T> {
    return this.#items.slice()[Symbol.iterator]();
  }
}
