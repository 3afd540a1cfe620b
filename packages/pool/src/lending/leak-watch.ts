import type { Clock, Timer } from '../clock.js';
import { LinkedList } from '../linked-list.js';
import type { ResolvedOptions } from '../options.js';
import type { Loan } from './loan.js';
import { captureTrace, type Trace } from './trace.js';

type LeakOptions = Pick<ResolvedOptions<unknown>, 'clock' | 'random' | 'leakAfterMs' | 'leakStackRatio'>;

/**
 * Finds leases that are out for too long. They are listed as they begin, so who is first is due first, and it needs one
 * timer, which holds no process.
 */
export class LeakWatch<R> {
  readonly #options: LeakOptions;
  readonly #clock: Clock;
  readonly #onLeak: (loan: Loan<R>, heldMs: number) => void;
  readonly #loans = new LinkedList<Loan<R>>();
  #timer: Timer | undefined = undefined;
  leaks = 0;

  constructor(options: LeakOptions, onLeak: (loan: Loan<R>, heldMs: number) => void) {
    this.#options = options;
    this.#clock = options.clock;
    this.#onLeak = onLeak;
  }

  /** Where a lease is asked for, of the share that is to be kept. */
  trace(): Trace | undefined {
    const { random, leakStackRatio } = this.#options;
    if (leakStackRatio === 0 || (leakStackRatio < 1 && random() >= leakStackRatio)) return undefined;
    return captureTrace();
  }

  begin(loan: Loan<R>): void {
    loan.sinceMs = this.#clock.now();
    loan.watched = true;
    this.#loans.push(loan);
    this.#timer ??= this.#setTimer(this.#options.leakAfterMs);
  }

  end(loan: Loan<R>): void {
    if (!loan.watched) return;
    loan.watched = false;
    this.#loans.remove(loan);
  }

  close(): void {
    this.#timer?.close();
  }

  #look(): void {
    this.#timer = undefined;
    const { leakAfterMs } = this.#options;
    const nowMs = this.#clock.now();
    for (let loan = this.#loans.head; loan !== undefined && loan.sinceMs + leakAfterMs <= nowMs; loan = this.#loans.head) {
      this.end(loan);
      this.leaks += 1;
      this.#onLeak(loan, nowMs - loan.sinceMs);
    }
    const first = this.#loans.head;
    if (first !== undefined) this.#timer ??= this.#setTimer(first.sinceMs + leakAfterMs - nowMs);
  }

  #setTimer(delayMs: number): Timer {
    // Rounded up, as Node drops fractions and the timer would come too early.
    const timer = this.#clock.setTimeout(() => this.#look(), Math.max(1, Math.ceil(delayMs)));
    timer.unref();
    return timer;
  }
}
