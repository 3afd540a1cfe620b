import diagnostics from 'node:diagnostics_channel';

/** On `@fog/profiler:recording:started`. */
export interface RecordingStarted {
  readonly profiler: string;
  readonly cpu: boolean;
  readonly memory: boolean | 'live';
  readonly io: boolean;
  readonly promises: boolean;
  readonly workers: boolean;
  /** How long starting took. */
  readonly startMs: number;
}

/** On `@fog/profiler:recording:stopped`: the profile is handed out. */
export interface RecordingStopped {
  readonly profiler: string;
  readonly durationMs: number;
  /** CPU and memory samples together. */
  readonly samples: number;
  /** How long stopping took. */
  readonly stopMs: number;
}

/** On `@fog/profiler:recording:failed`: it could not be started or stopped, or a window or a stall was lost. */
export interface RecordingFailed {
  readonly profiler: string;
  readonly error: unknown;
}

/** On `@fog/profiler:stall:detected`: the event loop was held, and answers again. */
export interface StallDetected {
  readonly profiler: string;
  readonly durationMs: number;
}

const stall = diagnostics.channel('@fog/profiler:stall:detected');
const started = diagnostics.channel('@fog/profiler:recording:started');
const stopped = diagnostics.channel('@fog/profiler:recording:stopped');
const failed = diagnostics.channel('@fog/profiler:recording:failed');

export function recordingStarted(event: RecordingStarted): void {
  if (started.hasSubscribers) started.publish(event);
}

export function recordingStopped(event: RecordingStopped): void {
  if (stopped.hasSubscribers) stopped.publish(event);
}

export function recordingFailed(event: RecordingFailed): void {
  if (failed.hasSubscribers) failed.publish(event);
}

export function stallDetected(event: StallDetected): void {
  if (stall.hasSubscribers) stall.publish(event);
}
