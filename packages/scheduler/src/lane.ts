import { IndexedHeap, type HeapItem } from './indexed-heap.js';
import type { Task } from './task.js';

/**
 * The queued tasks of one shape, in order. A shape that finds no room is set aside as a whole, in O(log n), however many tasks
 * it has; in one heap of all, each of them would be taken out and put back to see who is behind.
 */
export class Lane implements HeapItem {
  readonly tasks: IndexedHeap<Task> = new IndexedHeap<Task>();
  /** Out of the running until the end of the planning pass. */
  aside = false;
  /** Place among the lanes, by the key of the first task. */
  heapIndex = -1;
  /** That of the first task. */
  sequence = -1;
}
