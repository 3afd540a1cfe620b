import { BucketQueue } from './bucket-queue.js';
import { IndexedHeap, type HeapItem } from './indexed-heap.js';
import type { Ordered, OrderedItem } from './ordered.js';
import type { Tenant } from './tenants.js';

/**
 * The queued tasks of one shape, in order. A shape that finds no room is set aside as a whole, in O(log n), however many tasks
 * it has; in one heap of all, each of them would be taken out and put back to see who is behind.
 */
export class Lane<Queued extends OrderedItem = OrderedItem> implements HeapItem {
  readonly tasks: Ordered<Queued>;
  /** Whose tasks they are, where that counts. */
  readonly tenant: Tenant | undefined;
  /** Out of the running until the end of the planning pass. */
  aside = false;
  /** Place among the lanes, by the key of the first task. */
  heapIndex = -1;
  /** That of the first task. */
  sequence = -1;

  /** `keys`: whether many tasks have the same one. */
  constructor(keys: 'few' | 'many', tenant?: Tenant) {
    this.tasks = keys === 'few' ? new BucketQueue<Queued>() : new IndexedHeap<Queued>();
    this.tenant = tenant;
  }
}
