import type { EventLoopFacts } from './collectors/event-loop.js';
import type { GcFacts } from './collectors/gc.js';
import type { RunConditions } from './conditions.js';
import type { Samples } from './samples.js';

/** What a recording found. */
export interface ProfileData {
  /** When it began, in ms since 1970; not known of a profile read from a file. */
  readonly startedAtMs: number | undefined;
  readonly durationMs: number;
  /** `undefined` when CPU was not recorded. */
  readonly cpu: Samples | undefined;
  /** `undefined` when memory was not recorded. */
  readonly memory: Samples | undefined;
  /** What the event loop and the garbage collector did meanwhile; not known of a profile read from a file. */
  readonly runtime: RuntimeFacts | undefined;
  /** Where it was recorded; not known of a profile read from a file. */
  readonly conditions: RunConditions | undefined;
}

export interface RuntimeFacts {
  readonly eventLoop: EventLoopFacts;
  readonly gc: GcFacts;
}
