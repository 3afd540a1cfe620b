import { AsyncLocalStorage, createHook } from 'node:async_hooks';
import { nowUs } from './v8-clock.js';
import { invalidOption } from './errors.js';
import { asObject } from './refusal.js';
import type { Samples } from './samples.js';

/** What a piece of work was for, as `{ endpoint: '/checkout', tenant: 'acme' }`. */
export type Labels = Readonly<Record<string, string>>;

export interface LabelOptions {
  /**
   * The keys that may be used. Labels end up in profiles that are shown to others: what is not named here is refused.
   * @default ['endpoint', 'tenant', 'task', 'trace_id', 'span_id']
   */
  readonly keys?: readonly string[];
  /** Adds labels to those of every `label()`, as `openTelemetryLabels()` of `@fog/profiler/opentelemetry` does. */
  readonly source?: () => Labels;
}

const DEFAULT_KEYS = ['endpoint', 'tenant', 'task', 'trace_id', 'span_id'];
/** Longer values are cut: one must not fail a request for its label. */
const LONGEST_VALUE = 200;
/** Switches between labels that are remembered, the latest ones: a busy service makes some 20,000 a second. */
const CAPACITY = 2 ** 18;

const NONE: Labels = Object.freeze({});

/**
 * Remembers which labels the thread worked for, and when. Every callback that Node runs is looked at as it begins; only a
 * change is written down, and nothing is looked at before the first `run`. Samples are joined to it by time.
 */
export class LabelTrack {
  readonly #keys: ReadonlySet<string>;
  readonly #source: () => Labels;
  readonly #storage = new AsyncLocalStorage<Labels>();
  readonly #hook = createHook({ before: () => this.#switch(this.#storage.getStore() ?? NONE) });
  readonly #times: number[] = [];
  readonly #labels: Labels[] = [];
  /** Of all switches ever made, those that were overwritten included. */
  #count = 0;
  #current = NONE;
  #enabled = false;
  readonly #originUs: number;

  constructor({ keys, source }: Required<LabelOptions>) {
    this.#keys = new Set(keys);
    this.#source = source;
    this.#originUs = nowUs() - performance.now() * 1e3;
  }

  run<Result>(labels: Labels, fn: () => Result): Result {
    const outer = this.#storage.getStore() ?? NONE;
    const inner = Object.freeze({ ...outer, ...this.#allowed(this.#source()), ...this.#allowed(labels) });
    if (!this.#enabled) this.#hook.enable();
    this.#enabled = true;
    const before = this.#current;
    return this.#storage.run(inner, () => {
      this.#switch(inner);
      try {
        return fn();
      } finally {
        this.#switch(before);
      }
    });
  }

  /** Gives every sample the labels of its time. */
  join(samples: Samples): Samples {
    const { timeline } = samples;
    if (timeline === undefined || this.#count === 0) return samples;
    const sets: Labels[] = [NONE];
    const indexes = new Map<string, number>([['{}', 0]]);
    const indexOf = (labels: Labels): number => {
      const key = JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
      const known = labels === NONE ? 0 : indexes.get(key);
      if (known !== undefined) return known;
      indexes.set(key, sets.push(labels) - 1);
      return sets.length - 1;
    };
    let at = Math.max(0, this.#count - CAPACITY);
    let [current, currentIndex] = [NONE, 0];
    const labels = Int32Array.from(timeline.timesUs, (timeUs) => {
      for (; at < this.#count && (this.#times[at % CAPACITY] ?? Infinity) <= timeUs; at += 1) current = this.#labels[at % CAPACITY] ?? NONE;
      if (sets[currentIndex] !== current) currentIndex = indexOf(current);
      return currentIndex;
    });
    return { ...samples, labelSets: sets, timeline: { ...timeline, labels } };
  }

  close(): void {
    this.#hook.disable();
  }

  #switch(labels: Labels): void {
    if (labels === this.#current) return;
    this.#current = labels;
    const slot = this.#count % CAPACITY;
    this.#times[slot] = performance.now() * 1e3 + this.#originUs;
    this.#labels[slot] = labels;
    this.#count += 1;
  }

  #allowed(labels: Labels): Labels {
    const entries = Object.entries(asObject('labels', labels)).map(([key, value]) => {
      if (!this.#keys.has(key)) throw invalidOption(`label ${key}`, value, `one of the keys that the profiler was created with: ${[...this.#keys].join(', ')}`);
      if (typeof value !== 'string') throw invalidOption(`label ${key}`, value, 'a string');
      return [key, value.length > LONGEST_VALUE ? `${value.slice(0, LONGEST_VALUE - 1)}…` : value] as const;
    });
    return Object.fromEntries(entries);
  }
}

export function resolveLabels({ keys = DEFAULT_KEYS, source = () => NONE }: LabelOptions): Required<LabelOptions> {
  if (!Array.isArray(keys) || !keys.every((key) => typeof key === 'string' && /^[a-z][\w.-]{0,62}$/i.test(key)))
    throw invalidOption('labels.keys', keys, 'names of letters, digits, _, . and -');
  if (typeof source !== 'function') throw invalidOption('labels.source', source, 'a function');
  return { keys, source };
}

/** What fell on samples with each value of a label, the most expensive first; what had none is under `undefined`. */
export interface LabelCost {
  readonly value: string | undefined;
  /** Microseconds, idle left out. */
  readonly self: number;
  /** Share of all that was not idle, 0…1. */
  readonly ratio: number;
}

export function labelCosts({ timeline, labelSets = [NONE], frames, nodeFrames }: Samples, key: string): readonly LabelCost[] {
  if (typeof key !== 'string') throw invalidOption('key', key, 'the name of a label');
  const costs = new Map<string | undefined, number>();
  let all = 0;
  for (const [index, node] of timeline?.nodes.entries() ?? []) {
    if (timeline === undefined || frames[nodeFrames[node] ?? -1]?.kind === 'idle') continue;
    const costUs = Math.max(0, (timeline.timesUs[index + 1] ?? timeline.endUs) - (timeline.timesUs[index] ?? timeline.endUs));
    const set = labelSets[timeline.labels?.[index] ?? 0] ?? NONE;
    const value = Object.hasOwn(set, key) ? set[key] : undefined;
    costs.set(value, (costs.get(value) ?? 0) + costUs);
    all += costUs;
  }
  return Array.from(costs, ([value, self]) => ({ value, self, ratio: all === 0 ? 0 : self / all })).sort((a, b) => b.self - a.self);
}

/** The samples whose labels are all of `wanted`, and perhaps more. */
export function withLabels(samples: Samples, wanted: Labels): Samples {
  const { timeline, labelSets = [NONE], nodeFrames } = samples;
  for (const [key, value] of Object.entries(asObject('labels', wanted))) if (typeof value !== 'string') throw invalidOption(`label ${key}`, value, 'a string');
  if (timeline === undefined) return samples;
  const fits = labelSets.map((labels) => Object.entries(wanted).every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value));
  const counts = new Float64Array(nodeFrames.length);
  const times = new Float64Array(nodeFrames.length);
  for (const [index, node] of timeline.nodes.entries()) {
    if (fits[timeline.labels?.[index] ?? 0] !== true) continue;
    counts[node] = (counts[node] ?? 0) + 1;
    times[node] = (times[node] ?? 0) + Math.max(0, (timeline.timesUs[index + 1] ?? timeline.endUs) - (timeline.timesUs[index] ?? timeline.endUs));
  }
  // Without time line: what lies between two of these samples is none of theirs.
  const { timeline: _timeline, inlined: _inlined, lineTicks, ...rest } = samples;
  const ticks = lineTicks && new Map([...lineTicks].filter(([node]) => (counts[node] ?? 0) > 0));
  return { ...rest, values: [counts, times], ...(ticks && { lineTicks: ticks }) };
}

/** What fell on a node under one set of labels, by value type. */
export interface LabelledValues {
  readonly node: number;
  readonly labels: Labels;
  readonly values: readonly number[];
}

/** The values of each node, one for each set of labels that it was sampled under. */
export function labelledValues({ timeline, labelSets, values, nodeFrames }: Samples): readonly LabelledValues[] {
  if (timeline?.labels === undefined || labelSets === undefined)
    return Array.from(nodeFrames.keys(), (node) => ({ node, labels: NONE, values: values.map((column) => column[node] ?? 0) }));
  const found = new Map<number, { node: number; labels: Labels; values: [number, number] }>();
  for (const [index, node] of timeline.nodes.entries()) {
    const set = timeline.labels[index] ?? 0;
    const key = node * labelSets.length + set;
    const one = found.get(key) ?? { node, labels: labelSets[set] ?? NONE, values: [0, 0] };
    found.set(key, one);
    one.values[0] += 1;
    one.values[1] += Math.max(0, (timeline.timesUs[index + 1] ?? timeline.endUs) - (timeline.timesUs[index] ?? timeline.endUs));
  }
  return [...found.values()];
}
