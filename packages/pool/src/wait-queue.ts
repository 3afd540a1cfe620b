import type { Clock } from './clock.js';
import { Deadlines } from './deadlines.js';
import type { Lease } from './lease.js';
import { LinkedList } from './linked-list.js';
import { Waiter } from './waiter.js';

/** What becomes of a waiter that is not served; it has left the queue when this is called. */
export interface WaitQueueEvents {
  /** The error to reject with. */
  timedOut(timeoutMs: number): unknown;
  aborted(): void;
}

/** Waiting `acquire` calls, first come, first served. All of it is O(1), leaving by time-out or abort included. */
export class WaitQueue<R> {
  readonly #clock: Clock;
  readonly #events: WaitQueueEvents;
  readonly #waiters = new LinkedList<Waiter<R>>();
  readonly #deadlines: Deadlines<R>;
  readonly #abort = (waiter: Waiter<R>): void => {
    this.#leave(waiter);
    this.#events.aborted();
    waiter.reject(waiter.signal?.reason);
  };

  constructor(clock: Clock, usualTimeoutMs: number, events: WaitQueueEvents) {
    this.#clock = clock;
    this.#events = events;
    this.#deadlines = new Deadlines(clock, usualTimeoutMs, (waiter, timeoutMs) => {
      this.#leave(waiter);
      waiter.reject(this.#events.timedOut(timeoutMs));
    });
  }

  get size(): number {
    return this.#waiters.size;
  }

  /** Parks a caller; `signal` must not have aborted yet. */
  wait(timeoutMs: number, signal: AbortSignal | undefined): Promise<Lease<R>> {
    return new Promise((resolve, reject) => {
      const waiter = new Waiter(resolve, reject, this.#clock.now(), signal, this.#abort);
      this.#waiters.push(waiter);
      this.#deadlines.add(waiter, timeoutMs);
    });
  }

  /** Takes out the first in line. */
  shift(): Waiter<R> | undefined {
    const waiter = this.#waiters.head;
    if (waiter !== undefined) this.#leave(waiter);
    return waiter;
  }

  rejectAll(reason: unknown): void {
    for (let waiter = this.shift(); waiter !== undefined; waiter = this.shift()) waiter.reject(reason);
  }

  /** Rejects all and leaves no timer. */
  close(reason: unknown): void {
    this.rejectAll(reason);
    this.#deadlines.close();
  }

  #leave(waiter: Waiter<R>): void {
    this.#waiters.remove(waiter);
    this.#deadlines.remove(waiter);
    waiter.signal?.removeEventListener('abort', waiter);
  }
}
