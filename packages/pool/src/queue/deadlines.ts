import type { Clock, Timer } from '../clock.js';

/** A waiter as far as its deadline goes: the links live in it. */
export interface Due<W extends Due<W>> {
  readonly sinceMs: number;
  /** Neighbours of the same time-out, and their list. */
  earlier: W | undefined;
  later: W | undefined;
  deadlines: DeadlineList<W> | undefined;
}

/**
 * The deadlines of all waiters, one list for each distinct time-out. In a list, who came first is due first, so it
 * needs a single timer; a timer for each waiter would cost more than all else that a wait does.
 */
export class Deadlines<W extends Due<W>> {
  readonly #clock: Clock;
  readonly #usual: DeadlineList<W>;
  /** Time-outs asked for by single calls; a list goes when it is empty, since these may never come again. */
  readonly #others = new Map<number, DeadlineList<W>>();
  readonly #onDue: (waiters: readonly W[], timeoutMs: number) => void;

  constructor(clock: Clock, usualTimeoutMs: number, onDue: (waiters: readonly W[], timeoutMs: number) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
    this.#usual = new DeadlineList(clock, usualTimeoutMs, onDue);
  }

  add(waiter: W, timeoutMs: number): void {
    if (timeoutMs === Infinity) return;
    this.#listOf(timeoutMs).push(waiter);
  }

  remove(waiter: W): void {
    const list = waiter.deadlines;
    if (list === undefined) return;
    list.remove(waiter);
    if (list === this.#usual || !list.isEmpty) return;
    list.close();
    this.#others.delete(list.timeoutMs);
  }

  /** Leaves no timer; there must be no waiter left. */
  close(): void {
    this.#usual.close();
  }

  #listOf(timeoutMs: number): DeadlineList<W> {
    if (timeoutMs === this.#usual.timeoutMs) return this.#usual;
    let list = this.#others.get(timeoutMs);
    if (list === undefined) {
      list = new DeadlineList(this.#clock, timeoutMs, this.#onDue);
      this.#others.set(timeoutMs, list);
    }
    return list;
  }
}

/** Most waiters that one timer ends; in a storm of time-outs others must get a turn of the event loop, too. */
const MOST_AT_ONCE = 500;

/**
 * Waiters of one time-out. The timer is left running when the last of them goes, without holding the process, and may
 * so fire too early for those who come later; it is then set again, for what remains. That is cheaper than to
 * stop and start it with every wait.
 */
export class DeadlineList<W extends Due<W>> {
  readonly timeoutMs: number;
  readonly #clock: Clock;
  readonly #onDue: (waiters: readonly W[], timeoutMs: number) => void;
  readonly #fired = (): void => this.#fire();
  #first: W | undefined = undefined;
  #last: W | undefined = undefined;
  #timer: Timer | undefined = undefined;

  constructor(clock: Clock, timeoutMs: number, onDue: (waiters: readonly W[], timeoutMs: number) => void) {
    this.timeoutMs = timeoutMs;
    this.#clock = clock;
    this.#onDue = onDue;
  }

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  push(waiter: W): void {
    waiter.deadlines = this;
    if (this.#last === undefined) {
      this.#first = waiter;
      this.#last = waiter;
      if (this.#timer === undefined) this.#setTimer(this.timeoutMs);
      else this.#timer.ref();
      return;
    }
    waiter.earlier = this.#last;
    this.#last.later = waiter;
    this.#last = waiter;
  }

  remove(waiter: W): void {
    const { earlier, later } = waiter;
    if (earlier === undefined) this.#first = later;
    else earlier.later = later;
    if (later === undefined) this.#last = earlier;
    else later.earlier = earlier;
    waiter.earlier = undefined;
    waiter.later = undefined;
    waiter.deadlines = undefined;
    if (this.#first === undefined) this.#timer?.unref();
  }

  close(): void {
    this.#timer?.close();
    this.#timer = undefined;
  }

  #fire(): void {
    this.#timer = undefined;
    const nowMs = this.#clock.now();
    const due: W[] = [];
    for (let waiter = this.#first; waiter !== undefined && waiter.sinceMs + this.timeoutMs <= nowMs && due.length < MOST_AT_ONCE; waiter = waiter.later) due.push(waiter);
    if (due.length > 0) this.#onDue(due, this.timeoutMs);
    if (this.#first !== undefined && this.#timer === undefined) this.#setTimer(this.#first.sinceMs + this.timeoutMs - nowMs);
  }

  #setTimer(delayMs: number): void {
    // Rounded up, as Node drops fractions and the timer would come too early again and again.
    this.#timer = this.#clock.setTimeout(this.#fired, Math.max(1, Math.ceil(delayMs)));
  }
}
