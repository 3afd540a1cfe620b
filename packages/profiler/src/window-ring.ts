import { mergeSamples } from './merge.js';
import { type Samples, StackTree } from './samples.js';
import { TIMED_VALUE_TYPES, between } from './timeline.js';

/** The samples of the last while, in windows that follow one another; those that ended longer ago are let go. */
export class WindowRing {
  readonly #keepUs: number;
  #windows: { readonly samples: Samples; readonly fromUs: number; readonly untilUs: number }[] = [];

  constructor(keepUs: number) {
    this.#keepUs = keepUs;
  }

  get size(): number {
    return this.#windows.length;
  }

  /** Samples before `fromUs` and from `untilUs` on are in the windows before and after. */
  push(samples: Samples, fromUs: number, untilUs: number): void {
    this.#windows = this.#windows.filter((window) => window.untilUs > untilUs - this.#keepUs);
    this.#windows.push({ samples: between(samples, fromUs, untilUs), fromUs, untilUs });
  }

  /** What is kept of a span of time, and the part of the span that is. */
  recall(fromUs: number, untilUs: number): { readonly samples: Samples; readonly fromUs: number; readonly untilUs: number } {
    const within = this.#windows.filter((window) => window.untilUs > fromUs && window.fromUs < untilUs);
    const samples = mergeSamples(within.map((window) => between(window.samples, fromUs, untilUs))) ?? nothing(untilUs);
    const [first, last] = [within[0], within.at(-1)];
    if (first === undefined || last === undefined) return { samples, fromUs: untilUs, untilUs };
    return { samples, fromUs: Math.max(fromUs, first.fromUs), untilUs: Math.min(untilUs, last.untilUs) };
  }
}

const nothing = (atUs: number): Samples => ({
  valueTypes: TIMED_VALUE_TYPES,
  ...new StackTree().columns(),
  values: [new Float64Array(), new Float64Array()],
  timeline: { startUs: atUs, endUs: atUs, nodes: new Int32Array(), timesUs: new Float64Array() },
});
