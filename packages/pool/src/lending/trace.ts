/** A stack as V8 captures it: to write it out costs five times as much, so that is left for those that leak. */
export interface Trace {
  readonly stack?: string;
}

/** Of whoever called. */
export function captureTrace(): Trace {
  const trace: Trace = {};
  Error.captureStackTrace(trace);
  return trace;
}

/** Its frames, without the heading. */
export function framesOf(trace: Trace | undefined): string | undefined {
  return trace?.stack?.replace(/^.*\n/, '');
}
