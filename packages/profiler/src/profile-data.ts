import type { EventLoopFacts } from './collectors/event-loop.js';
import type { GcFacts } from './collectors/gc.js';
import type { HeapSize } from './collectors/heap-size.js';
import type { PromiseFacts } from './collectors/promises.js';
import type { ThreadTime } from './collectors/thread-time.js';
import type { RunConditions } from './conditions.js';
import type { IoProfile } from './io/io-profile.js';
import type { Samples } from './samples.js';

/** What a recording found. What was not recorded, or is not in the file that was read, is `undefined`. */
export interface ProfileData {
  /** When it began, in ms since 1970. */
  readonly startedAtMs: number | undefined;
  /** Wall clock. */
  readonly durationMs: number;
  readonly cpu: Samples | undefined;
  /** Allocations or, recorded with `memory: 'live'`, what of them was still alive at the end. */
  readonly memory: Samples | undefined;
  /** With `memory: 'live'`, what was alive at each `checkpoint()`, in order. */
  readonly checkpoints: readonly Samples[];
  readonly io: IoProfile | undefined;
  readonly promises: PromiseFacts | undefined;
  /** CPU of the worker threads that ran meanwhile. */
  readonly workers: readonly WorkerCpu[];
  /** What the event loop, the garbage collector and the heap did meanwhile. */
  readonly runtime: RuntimeFacts | undefined;
  /** Where it was recorded. */
  readonly conditions: RunConditions | undefined;
}

export interface WorkerCpu {
  /** As Node names it, with the name that it was given. */
  readonly title: string;
  readonly cpu: Samples;
}

export interface RuntimeFacts {
  readonly eventLoop: EventLoopFacts;
  readonly gc: GcFacts;
  readonly heap: HeapSize;
  /** `undefined` where the kernel does not tell. */
  readonly thread: ThreadTime | undefined;
}

/** As much of a profile as there is. */
export type PartialProfileData = { readonly durationMs: number } & { readonly [Key in keyof ProfileData]?: ProfileData[Key] };

export const completeData = ({ startedAtMs, durationMs, cpu, memory, checkpoints = [], io, promises, workers = [], runtime, conditions }: PartialProfileData): ProfileData => ({
  startedAtMs,
  durationMs,
  cpu,
  memory,
  checkpoints,
  io,
  promises,
  workers,
  runtime,
  conditions,
});
