import { IndexedHeap, type HeapItem } from './indexed-heap.js';
import type { Ordered, OrderedItem } from './ordered.js';

/** Items of one key, in the order of their sequence; the places of those that left from the middle stay empty. */
class Bucket<Item extends OrderedItem> implements HeapItem {
  heapIndex = -1;
  readonly sequence = 0; // No two buckets in the heap have the same key.
  readonly key: number;
  items: (Item | undefined)[] = [];
  /** The place of the first item. */
  head = 0;
  count = 0;

  constructor(key: number) {
    this.key = key;
  }
}

/** Empty buckets kept for the next item of their key. */
const KEPT = 64;

/**
 * A priority queue for few distinct keys, such as priorities: items of one key stand in a line of their own, and the heap is
 * one of lines. Coming and going is then O(1) instead of O(log n); with keys all different it is a heap with some overhead.
 */
export class BucketQueue<Item extends OrderedItem> implements Ordered<Item> {
  readonly #heap = new IndexedHeap<Bucket<Item>>();
  readonly #buckets = new Map<number, Bucket<Item>>();
  #latest: Bucket<Item> | undefined = undefined;
  size = 0;

  *[Symbol.iterator](): Iterator<Item> {
    for (const { items } of this.#heap.items()) for (const item of items) if (item !== undefined) yield item;
  }

  peek(): Item | undefined {
    const bucket = this.#heap.peek();
    return bucket?.items[bucket.head];
  }

  peekKey(): number {
    return this.#heap.peekKey();
  }

  keyOf(item: Item): number {
    return (item.bucket as Bucket<Item>).key;
  }

  push(item: Item, key: number): void {
    const bucket = this.#latest?.key === key ? this.#latest : this.#bucketOf(key);
    const { items } = bucket;
    item.bucket = bucket;
    if (bucket.count === 0) {
      items.length = 0;
      bucket.head = 0;
      this.#heap.push(bucket, key);
    }
    bucket.count += 1;
    this.size += 1;
    const last = items[items.length - 1];
    if (last !== undefined && last.sequence > item.sequence) this.#insert(item, bucket);
    else item.heapIndex = items.push(item) - 1;
  }

  pop(): Item | undefined {
    const bucket = this.#heap.peek();
    if (bucket === undefined) return undefined;
    const { items } = bucket;
    const item = items[bucket.head] as Item;
    items[bucket.head] = undefined;
    this.#left(item, bucket);
    return item;
  }

  remove(item: Item): void {
    const bucket = item.bucket as Bucket<Item>;
    bucket.items[item.heapIndex] = undefined;
    this.#left(item, bucket);
  }

  #left(item: Item, bucket: Bucket<Item>): void {
    const { items } = bucket;
    item.heapIndex = -1;
    item.bucket = undefined;
    bucket.count -= 1;
    this.size -= 1;
    if (bucket.count === 0) this.#retire(bucket);
    else {
      while (items[bucket.head] === undefined) bucket.head += 1;
      while (items[items.length - 1] === undefined) items.length -= 1;
      if (bucket.head > 1_024 && bucket.head > items.length / 2) this.#compact(bucket);
    }
  }

  rekey(keyOf: (item: Item) => number): void {
    const entries = [...this].map((item) => ({ item, key: keyOf(item) })).toSorted((a, b) => a.item.sequence - b.item.sequence);
    for (const { item } of entries) this.remove(item);
    for (const { item, key } of entries) this.push(item, key);
  }

  #bucketOf(key: number): Bucket<Item> {
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      bucket = new Bucket(key);
      this.#buckets.set(key, bucket);
    }
    this.#latest = bucket;
    return bucket;
  }

  /** An item that had its place before comes back. */
  #insert(item: Item, bucket: Bucket<Item>): void {
    const { items } = bucket;
    if (bucket.head > 0 && item.sequence < (items[bucket.head] as Item).sequence) {
      bucket.head -= 1;
      items[bucket.head] = item;
      item.heapIndex = bucket.head;
      return;
    }
    this.#compact(bucket);
    const at = bucket.items.findIndex((other) => (other as Item).sequence > item.sequence);
    bucket.items.splice(at, 0, item);
    for (let index = at; index < bucket.items.length; index += 1) (bucket.items[index] as Item).heapIndex = index;
  }

  #compact(bucket: Bucket<Item>): void {
    bucket.items = bucket.items.filter((item) => item !== undefined);
    bucket.head = 0;
    for (const [index, item] of bucket.items.entries()) (item as Item).heapIndex = index;
  }

  #retire(bucket: Bucket<Item>): void {
    this.#heap.remove(bucket);
    bucket.items.length = 0;
    bucket.head = 0;
    if (this.#buckets.size <= KEPT) return;
    this.#buckets.delete(bucket.key);
    if (this.#latest === bucket) this.#latest = undefined;
  }
}
