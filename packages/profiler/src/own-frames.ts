import type { Frame, Samples } from './samples.js';

/** The folder of this package's code. */
const FOLDER = new URL('.', import.meta.url).href;

/** Marks frames of this package: what the profiler does in the profiled program is its cost and nobody's finding. */
export function markOwn(samples: Samples, folder: string = FOLDER): Samples {
  const frames = samples.frames.map((frame): Frame => (frame.kind === 'script' && frame.url.startsWith(folder) ? { ...frame, kind: 'profiler' } : frame));
  return { ...samples, frames };
}
