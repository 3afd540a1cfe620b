/** A timer of a {@link ManualClock}; has the methods of Node's own that code under test may call. */
export interface ManualTimer {
  ref(): this;
  unref(): this;
  /** Starts the delay again from now. */
  refresh(): this;
  close(): void;
  hasRef(): boolean;
}

interface Scheduled extends ManualTimer {
  dueMs: number;
  order: number;
}

/**
 * A clock that stands still until it is told to advance. Timers fire in the order of their due times, those due at
 * the same time in the order they were set, as Node's do.
 */
export class ManualClock {
  #nowMs: number;
  #order = 0;
  readonly #pending = new Set<Scheduled>();
  readonly #callbacks = new WeakMap<Scheduled, () => void>();

  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  setTimeout(callback: () => void, delayMs: number): ManualTimer {
    return this.#schedule(callback, delayMs, false);
  }

  setInterval(callback: () => void, intervalMs: number): ManualTimer {
    return this.#schedule(callback, intervalMs, true);
  }

  /** Timers set and neither fired nor closed: 0 after a clean close. */
  get pendingTimers(): number {
    return this.#pending.size;
  }

  /** Timers that would keep the process alive. */
  get pendingRefs(): number {
    return [...this.#pending].filter((timer) => timer.hasRef()).length;
  }

  /** Moves time on by `ms`, firing what falls due on the way; promises settle only once the caller awaits. */
  advance(ms: number): void {
    const end = this.#nowMs + ms;
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) this.#fire(timer);
    this.#nowMs = end;
  }

  /** As {@link advance}, letting promises and I/O callbacks settle before, between and after the timers. */
  async advanceAsync(ms: number): Promise<void> {
    const end = this.#nowMs + ms;
    await settled();
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.#fire(timer);
      await settled();
    }
    this.#nowMs = end;
  }

  #fire(timer: Scheduled): void {
    this.#nowMs = timer.dueMs;
    this.#callbacks.get(timer)?.();
  }

  #next(endMs: number): Scheduled | undefined {
    let first: Scheduled | undefined;
    for (const timer of this.#pending) {
      if (timer.dueMs > endMs) continue;
      if (first === undefined || timer.dueMs < first.dueMs || (timer.dueMs === first.dueMs && timer.order < first.order)) first = timer;
    }
    return first;
  }

  #schedule(callback: () => void, delayMs: number, repeat: boolean): ManualTimer {
    // Node's own rule: what its timers cannot hold fires after 1 ms.
    const delay = delayMs >= 1 && delayMs <= 2 ** 31 - 1 ? delayMs : 1;
    const pending = this.#pending;
    const due = (): number => this.#nowMs + delay;
    const order = (): number => this.#order++;
    let referenced = true;
    const timer: Scheduled = {
      dueMs: due(),
      order: order(),
      ref() {
        referenced = true;
        return this;
      },
      unref() {
        referenced = false;
        return this;
      },
      refresh() {
        timer.dueMs = due();
        timer.order = order();
        pending.add(timer);
        return this;
      },
      close() {
        pending.delete(timer);
      },
      hasRef: () => referenced,
    };
    this.#callbacks.set(timer, () => {
      if (repeat) timer.refresh();
      else pending.delete(timer);
      callback();
    });
    pending.add(timer);
    return timer;
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
