import type { HeapItem } from './indexed-heap.js';

/** What a queue writes into its items. */
export interface OrderedItem extends HeapItem {
  /** Where a {@link BucketQueue} keeps it. */
  bucket: unknown;
}

/** Items by key, equals by sequence; each leaves from anywhere. */
export interface Ordered<Item extends OrderedItem> extends Iterable<Item> {
  readonly size: number;
  /** What `pop` would give. */
  peek(): Item | undefined;
  /** The smallest key; `Infinity` if there is none. */
  peekKey(): number;
  keyOf(item: Item): number;
  push(item: Item, key: number): void;
  pop(): Item | undefined;
  remove(item: Item): void;
  /** New keys for all; if `keyOf` throws, nothing has changed. */
  rekey(keyOf: (item: Item) => number): void;
}
