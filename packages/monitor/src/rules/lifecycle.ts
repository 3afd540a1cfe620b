/** What is known at one moment of what an alert is about. */
export type Condition =
  /** It is so. */
  | 'met'
  /** It is no longer so, but not yet well enough to say that it is over: hysteresis. */
  | 'holding'
  /** It is over. */
  | 'clear'
  /** There is no value to tell by. */
  | 'unknown';

export interface Timing {
  /** How long the condition must be met before the alert fires. */
  readonly forMs: number;
  /** How long a firing alert goes on after the condition was cleared. */
  readonly keepFiringForMs: number;
}

/** Where an alert stands. Resolving is the step from firing to inactive. */
export interface Phase {
  readonly state: 'inactive' | 'pending' | 'firing';
  /** When the condition was first met; Infinity while inactive. */
  readonly sinceMs: number;
  /** Since when a firing alert's condition is clear; Infinity while it is not. */
  readonly clearSinceMs: number;
}

export const inactive: Phase = { state: 'inactive', sinceMs: Infinity, clearSinceMs: Infinity };

/**
 * The next phase. Without a value, what is pending starts over, as nothing shows that it went on; what fires goes on, as
 * no data is not good news. While nothing changes the phase is the same object: steady state costs no memory.
 */
export function step(phase: Phase, condition: Condition, { forMs, keepFiringForMs }: Timing, nowMs: number): Phase {
  if (phase.state === 'firing') return stepFiring(phase, condition, keepFiringForMs, nowMs);
  if (condition !== 'met') return inactive;
  const sinceMs = Math.min(phase.sinceMs, nowMs);
  if (nowMs - sinceMs >= forMs) return { state: 'firing', sinceMs, clearSinceMs: Infinity };
  return phase.state === 'pending' ? phase : { state: 'pending', sinceMs, clearSinceMs: Infinity };
}

function stepFiring(phase: Phase, condition: Condition, keepFiringForMs: number, nowMs: number): Phase {
  if (condition === 'unknown') return phase;
  if (condition !== 'clear') return phase.clearSinceMs === Infinity ? phase : { ...phase, clearSinceMs: Infinity };
  const clearSinceMs = Math.min(phase.clearSinceMs, nowMs);
  if (nowMs - clearSinceMs >= keepFiringForMs) return inactive;
  return clearSinceMs === phase.clearSinceMs ? phase : { ...phase, clearSinceMs };
}
