import type { TaskFeatures } from './estimator.js';
import { Window } from './window.js';

/** Runs remembered per name: enough for a 90 % quantile, few enough to forget within a screenful of runs. */
const RUNS = 32;
/** Weight of the newest error in a yardstick's record. */
const NEWEST = 0.2;

/**
 * What a run time may be measured against: nothing, the caller's estimate, the size of the data. The logarithm of the scale, which
 * run times are kept relative to; `undefined` where the task does not tell.
 */
export const YARDSTICKS: readonly ((task: TaskFeatures) => number | undefined)[] = [
  () => 0,
  ({ estimateMs }) => (estimateMs === undefined ? undefined : Math.log(estimateMs)),
  ({ needs: { memoryBytes = 0 } = {} }) => (memoryBytes > 0 ? Math.log(memoryBytes) : undefined),
];

export interface Expectation {
  readonly runs: number;
  readonly median: number;
  /** Distance of the quantiles from the median, as seen in these runs; ≥ 0 and ≤ 0. */
  readonly above: number;
  readonly below: number;
}

/** Runs by yardstick, and how far off each yardstick has been lately. */
export type NameRecord = readonly (readonly [error: number, runs: readonly number[]] | null)[];

/** What is known of one task name: its last runs, by the yardstick that has lately predicted them best. */
export class NameModel {
  readonly #windows: (Window | undefined)[] = YARDSTICKS.map(() => undefined);
  readonly #errors: number[] = YARDSTICKS.map(() => 1);

  constructor(record: NameRecord = []) {
    for (const [index, entry] of record.entries()) {
      if (!entry) continue;
      const window = new Window(RUNS);
      for (const run of entry[1]) window.add(run);
      this.#windows[index] = window;
      this.#errors[index] = entry[0];
    }
  }

  expect(task: TaskFeatures): Expectation | undefined {
    let best: Window | undefined;
    let bestScale = 0;
    let leastError = Infinity;
    for (let index = 0; index < YARDSTICKS.length; index += 1) {
      const window = this.#windows[index];
      const error = this.#errors[index] ?? Infinity;
      if (window === undefined || error >= leastError) continue;
      const scale = YARDSTICKS[index]?.(task);
      if (scale === undefined) continue;
      best = window;
      bestScale = scale;
      leastError = error;
    }
    if (best === undefined) return undefined;
    const median = best.median();
    return { runs: best.count, median: median + bestScale, above: best.upperQuantile(0.9) - median, below: best.lowerQuantile(0.1) - median };
  }

  observe(task: TaskFeatures, duration: number): void {
    for (let index = 0; index < YARDSTICKS.length; index += 1) {
      const scale = YARDSTICKS[index]?.(task);
      if (scale === undefined) continue;
      const relative = duration - scale;
      let window = this.#windows[index];
      if (window === undefined) this.#windows[index] = window = new Window(RUNS);
      else this.#errors[index] = (1 - NEWEST) * (this.#errors[index] ?? 1) + NEWEST * Math.abs(relative - window.median());
      window.add(relative);
    }
  }

  toRecord(): NameRecord {
    return this.#windows.map((window, index) => (window === undefined ? null : ([this.#errors[index] ?? 1, window.values()] as const)));
  }
}
