import { IndexedHeap } from './indexed-heap.js';
import type { Lane } from './lane.js';
import type { OrderedItem } from './ordered.js';
import type { Tenant } from './tenants.js';

/** The lanes of one tenant that have tasks and are not aside; of all tasks, where tenants don't count. */
export class Line<Queued extends OrderedItem = OrderedItem> {
  readonly lanes: IndexedHeap<Lane<Queued>> = new IndexedHeap<Lane<Queued>>();
  readonly tenant: Tenant | undefined;

  constructor(tenant: Tenant | undefined) {
    this.tenant = tenant;
  }

  /**
   * Overdue tasks first, those that came first before others; then the tenant furthest below its fair share; then the order of
   * the policy.
   */
  isBefore(other: Line): boolean {
    const key = this.lanes.peekKey();
    const otherKey = other.lanes.peekKey();
    const sequence = this.lanes.peek()?.sequence ?? Infinity;
    const otherSequence = other.lanes.peek()?.sequence ?? Infinity;
    if (key !== -Infinity && otherKey !== -Infinity) {
      const share = this.tenant?.weightedShare ?? 0;
      const otherShare = other.tenant?.weightedShare ?? 0;
      if (share !== otherShare) return share < otherShare;
    }
    return key === otherKey ? sequence < otherSequence : key < otherKey;
  }
}
