import type { Clock, Timer } from '../clock.js';

export interface IdleEvents<C> {
  /** Whether there are more than have to stay. */
  mayGo(): boolean;
  /** It was idle for long enough, and is no longer known here. */
  due(client: C): void;
}

/** Who is idle and since when, longest first, and one timer for the first of them. */
export class IdleClients<C> {
  readonly #sinceMs = new Map<C, number>();
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #holdsProcess: boolean;
  readonly #events: IdleEvents<C>;
  #timer: Timer | undefined = undefined;

  /** @param timeoutMs `Infinity` for never */
  constructor(timeoutMs: number, clock: Clock, holdsProcess: boolean, events: IdleEvents<C>) {
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
    this.#holdsProcess = holdsProcess;
    this.#events = events;
  }

  has(client: C): boolean {
    return this.#sinceMs.has(client);
  }

  add(client: C): void {
    this.#sinceMs.set(client, this.#clock.now());
    if (this.#timer === undefined) this.#setTimer(this.#timeoutMs);
  }

  /** The timer stays, as somebody will be idle again soon. */
  remove(client: C): void {
    this.#sinceMs.delete(client);
  }

  close(): void {
    this.#timer?.close();
    this.#timer = undefined;
    this.#sinceMs.clear();
  }

  #sweep(): void {
    this.#timer = undefined;
    const nowMs = this.#clock.now();
    for (const [client, sinceMs] of this.#sinceMs) {
      const leftMs = sinceMs + this.#timeoutMs - nowMs;
      // Node's timers may be early by a part of a millisecond.
      if (leftMs > 1) return this.#setTimer(leftMs);
      if (!this.#events.mayGo()) return this.#setTimer(this.#timeoutMs);
      this.#sinceMs.delete(client);
      this.#events.due(client);
    }
  }

  #setTimer(delayMs: number): void {
    if (this.#timeoutMs === Infinity) return;
    this.#timer = this.#clock.setTimeout(() => this.#sweep(), Math.max(1, delayMs));
    if (!this.#holdsProcess) this.#timer.unref();
  }
}
