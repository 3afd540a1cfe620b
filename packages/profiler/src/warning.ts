import process from 'node:process';

/** For preloads: whatever goes wrong with profiling, the program runs. */
export function warnNotProfiled(error: unknown): void {
  process.emitWarning(`not profiled: ${error instanceof Error ? error.message : String(error)}`, { type: 'FogProfilerWarning' });
}
