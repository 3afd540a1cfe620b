/** What an {@link IndexedHeap} needs of its items; it alone writes `heapIndex`. */
export interface HeapItem {
  /** Place in the heap; -1 outside. */
  heapIndex: number;
  /** Breaks ties; unique. */
  readonly sequence: number;
}

const ARITY = 4;

/**
 * A priority queue whose items know their places, so that a cancelled one leaves in O(log n) from anywhere.
 *
 * Shaped for ten thousand queued tasks: four children a node make it half as deep as a binary heap, and the keys lie side by
 * side in an array of their own, since a sift mostly compares.
 */
export class IndexedHeap<Item extends HeapItem> {
  #items: Item[] = [];
  /** By place, as the items. Not a typed array: there are as many heaps as shapes of tasks, most of them small. */
  #keys: number[] = [];

  get size(): number {
    return this.#items.length;
  }

  items(): readonly Item[] {
    return this.#items;
  }

  [Symbol.iterator](): Iterator<Item> {
    return this.#items.values();
  }

  /** What `pop` would give. */
  peek(): Item | undefined {
    return this.#items[0];
  }

  /** The smallest key; `Infinity` of an empty heap. */
  peekKey(): number {
    return this.#items.length === 0 ? Infinity : (this.#keys[0] ?? Infinity);
  }

  keyOf(item: Item): number {
    return this.#keys[item.heapIndex] ?? Number.NaN;
  }

  push(item: Item, key: number): void {
    const index = this.#items.length;
    this.#items.push(item);
    this.#keys.push(key);
    this.#siftUp(item, key, index);
  }

  pop(): Item | undefined {
    const first = this.#items[0];
    if (first !== undefined) this.remove(first);
    return first;
  }

  remove(item: Item): void {
    const index = item.heapIndex;
    item.heapIndex = -1;
    const end = this.#items.length - 1;
    const last = this.#items.pop();
    const key = this.#keys.pop();
    if (last === undefined || key === undefined || index === end) return;
    if (index > 0 && this.#isBefore(key, last, (index - 1) >> 2)) this.#siftUp(last, key, index);
    else this.#siftDown(last, key, index);
  }

  /** Moves an item to where its new key belongs. */
  update(item: Item, key: number): void {
    const index = item.heapIndex;
    if (index > 0 && this.#isBefore(key, item, (index - 1) >> 2)) this.#siftUp(item, key, index);
    else this.#siftDown(item, key, index);
  }

  /** New keys for all, in O(n); if `keyOf` throws, nothing has changed. */
  rekey(keyOf: (item: Item) => number): void {
    const keys = this.#items.map(keyOf);
    this.#keys = keys;
    for (let index = (this.#items.length - 2) >> 2; index >= 0; index -= 1) this.#siftDown(this.#items[index] as Item, keys[index] ?? 0, index);
  }

  /** Is (`key`, `item`) before what is at `index`? */
  #isBefore(key: number, item: Item, index: number): boolean {
    const other = this.#keys[index] ?? 0;
    return key < other || (key === other && item.sequence < (this.#items[index] as Item).sequence);
  }

  #siftUp(item: Item, key: number, from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 2;
      if (!this.#isBefore(key, item, parent)) break;
      this.#put(this.#items[parent] as Item, this.#keys[parent] ?? 0, index);
      index = parent;
    }
    this.#put(item, key, index);
  }

  #siftDown(item: Item, key: number, from: number): void {
    const keys = this.#keys;
    const items = this.#items;
    const size = items.length;
    let index = from;
    for (;;) {
      const first = index * ARITY + 1;
      if (first >= size) break;
      const end = Math.min(first + ARITY, size);
      let least = first;
      let leastKey = keys[first] ?? 0;
      for (let child = first + 1; child < end; child += 1) {
        const childKey = keys[child] ?? 0;
        if (childKey < leastKey || (childKey === leastKey && (items[child] as Item).sequence < (items[least] as Item).sequence)) {
          least = child;
          leastKey = childKey;
        }
      }
      if (!(leastKey < key || (leastKey === key && (items[least] as Item).sequence < item.sequence))) break;
      this.#put(items[least] as Item, leastKey, index);
      index = least;
    }
    this.#put(item, key, index);
  }

  #put(item: Item, key: number, index: number): void {
    this.#items[index] = item;
    this.#keys[index] = key;
    item.heapIndex = index;
  }
}
