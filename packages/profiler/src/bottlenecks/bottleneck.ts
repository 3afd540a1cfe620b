import { invalidOption } from '../errors.js';
import { asObject, refuseUnknown } from '../refusal.js';
import type { Frame } from '../samples.js';

export type BottleneckKind =
  | 'slow-function'
  | 'hot-function'
  | 'hot-builtin'
  | 'sync-io'
  | 'large-allocation'
  | 'gc-pressure'
  | 'leak-suspect'
  | 'disk-rate'
  | 'network-rate'
  | 'repeated-waits'
  | 'promise-storm'
  | 'event-loop-stall';

/** Something that is worth a look, and why. */
export interface Bottleneck {
  readonly kind: BottleneckKind;
  /** In one line. */
  readonly title: string;
  /** What was measured. */
  readonly evidence: string;
  readonly nextStep: string;
  /** What was compared with `threshold`, in `unit`, and its sampling error: 95 % of the time the truth is nearer. */
  readonly value: number;
  readonly error: number;
  readonly threshold: number;
  readonly unit: 'ms' | 'bytes' | 'bytes per second' | 'share' | 'count';
  /** How likely `value` is above `threshold` in truth, 0…1; 1 for what was counted and not sampled. */
  readonly confidence: number;
  /** Share of the recording's time, of its allocations or of its bytes, 0…1: findings are sorted by it. */
  readonly share: number;
  /** Where, if that is known. */
  readonly frame?: Frame;
}

/** From which on something is a finding. */
export interface BottleneckThresholds {
  /** A function with all it calls, in ms: `slow-function`, if `timeShare` of the time is its own. @default 1_000 */
  readonly functionTotalMs?: number;
  /** Share of the wall clock below which nothing that takes time is a finding. 0…1. @default 0.1 */
  readonly timeShare?: number;
  /** Share of the wall clock of a function alone: `hot-function`. 0…1. @default 0.5 */
  readonly hotShare?: number;
  /** Share of the wall clock of JSON, regular expressions, cryptography or compression: `hot-builtin`. 0…1. @default 0.2 */
  readonly builtinShare?: number;
  /** Allocated at one place: `large-allocation`. @default 10_000_000 */
  readonly allocationBytes?: number;
  /** And at this rate at least, unless the heap has grown by `allocationBytes`: garbage that lives shortly costs little. @default 30_000_000 */
  readonly allocationBytesPerSecond?: number;
  /** Grown at one place from the first checkpoint to the last: `leak-suspect`. @default 1_000_000 */
  readonly growthBytes?: number;
  /** Grown outside of V8's heap, in buffers, from the first checkpoint to the end: `leak-suspect`. @default 10_000_000 */
  readonly externalGrowthBytes?: number;
  /** Share of the wall clock in garbage collection: `gc-pressure`. 0…1. @default 0.1 */
  readonly gcShare?: number;
  /** In any second: `disk-rate`. @default 100_000_000 */
  readonly diskBytesPerSecond?: number;
  /** In any second: `network-rate`. @default 50_000_000 */
  readonly networkBytesPerSecond?: number;
  /** Waits of one kind for each request served: `repeated-waits`. @default 5 */
  readonly waitsPerRequest?: number;
  /** Waits one after the other, where no requests are served. @default 20 */
  readonly waitsInARow?: number;
  /** Promises open at once: `promise-storm`. @default 10_000 */
  readonly pendingPromises?: number;
  /** Promises created a second. @default 200_000 */
  readonly promisesPerSecond?: number;
  /** The event loop was held for so long in one go: `event-loop-stall`. @default 200 */
  readonly stallMs?: number;
}

export const DEFAULT_THRESHOLDS: Required<BottleneckThresholds> = {
  functionTotalMs: 1_000,
  timeShare: 0.1,
  hotShare: 0.5,
  builtinShare: 0.2,
  allocationBytes: 10e6,
  allocationBytesPerSecond: 30e6,
  growthBytes: 1e6,
  externalGrowthBytes: 10e6,
  gcShare: 0.1,
  diskBytesPerSecond: 100e6,
  networkBytesPerSecond: 50e6,
  waitsPerRequest: 5,
  waitsInARow: 20,
  pendingPromises: 10_000,
  promisesPerSecond: 200_000,
  stallMs: 200,
};

export function resolveThresholds(thresholds: BottleneckThresholds): Required<BottleneckThresholds> {
  const given = Object.entries(asObject('thresholds', thresholds)).filter(([, value]) => value !== undefined);
  refuseUnknown('', Object.fromEntries(given.filter(([name]) => !Object.hasOwn(DEFAULT_THRESHOLDS, name))));
  for (const [name, value] of given) if (typeof value !== 'number' || !(value >= 0)) throw invalidOption(name, value, 'a number of at least 0');
  return { ...DEFAULT_THRESHOLDS, ...Object.fromEntries(given) };
}
