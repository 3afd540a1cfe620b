import { type Linked, LinkedList } from '../linked-list.js';

/** A waiter as far as its turn goes. */
export interface InLane<W extends InLane<W>> extends Linked<W> {
  readonly lane: Lane<W>;
}

/** Who waits with one key, first come, first served. */
export class Lane<W extends InLane<W>> implements Linked<Lane<W>> {
  readonly level: Level<W>;
  readonly key: string | undefined;
  readonly waiters: LinkedList<W> = new LinkedList();
  /** Its key has as many leases as it may. */
  blocked = false;
  previous: Lane<W> | undefined = undefined;
  next: Lane<W> | undefined = undefined;

  constructor(level: Level<W>, key: string | undefined) {
    this.level = level;
    this.key = key;
  }
}

/** Who waits with one priority: the keys in turn, so that one with many waiters does not crowd out the others. */
export class Level<W extends InLane<W>> {
  readonly priority: number;
  readonly onAbort: (waiter: W) => void;
  readonly #keyless: Lane<W> = new Lane<W>(this, undefined);
  readonly #byKey = new Map<string, Lane<W>>();
  /** Those that can be served, whose turn it is first. */
  readonly #open = new LinkedList<Lane<W>>();
  size = 0;

  constructor(priority: number, onAbort: (waiter: W) => void) {
    this.priority = priority;
    this.onAbort = onAbort;
  }

  /** The lane of `key`, if anybody waits there; that of no key always. */
  lane(key: string | undefined): Lane<W> | undefined {
    return key === undefined ? this.#keyless : this.#byKey.get(key);
  }

  /** @param blocked its key has as many leases as it may */
  addLane(key: string, blocked: boolean): Lane<W> {
    const lane = new Lane(this, key);
    lane.blocked = blocked;
    this.#byKey.set(key, lane);
    return lane;
  }

  /** All who wait, a lane at a time, the first to come first in each. */
  *lanes(): Generator<Lane<W>, undefined> {
    yield this.#keyless;
    yield* this.#byKey.values();
  }

  add(waiter: W): void {
    const { lane } = waiter;
    if (lane.waiters.size === 0 && !lane.blocked) this.#open.push(lane);
    lane.waiters.push(waiter);
    this.size += 1;
  }

  remove(waiter: W): void {
    const { lane } = waiter;
    lane.waiters.remove(waiter);
    this.size -= 1;
    if (lane.waiters.size > 0) return;
    if (!lane.blocked) this.#open.remove(lane);
    if (lane.key !== undefined) this.#byKey.delete(lane.key);
  }

  /** Whose turn it is; the next time it will be another key's. */
  next(newestFirst: boolean): W | undefined {
    const lane = this.#open.head;
    if (lane === undefined) return undefined;
    if (lane !== this.#open.tail) {
      this.#open.remove(lane);
      this.#open.push(lane);
    }
    return newestFirst ? lane.waiters.tail : lane.waiters.head;
  }

  block(lane: Lane<W>): void {
    lane.blocked = true;
    this.#open.remove(lane);
  }

  unblock(lane: Lane<W>): void {
    lane.blocked = false;
    this.#open.push(lane);
  }
}
