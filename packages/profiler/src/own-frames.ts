import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Frame, Samples } from './samples.js';

/** The folder of this package's code. */
const FOLDER = new URL('.', import.meta.url).href;

/**
 * Frames as all sources are to have them: files by URL, where V8's heap sampler has paths; and those of this package marked,
 * as what the profiler does in the profiled program is its cost and nobody's finding.
 */
export function tidyFrames(samples: Samples, folder: string = FOLDER): Samples {
  const frames = samples.frames.map((frame): Frame => {
    const url = isAbsolute(frame.url) ? pathToFileURL(frame.url).href : frame.url;
    const isOwn = frame.kind === 'script' && url.startsWith(folder);
    return isOwn || url !== frame.url ? { ...frame, url, kind: isOwn ? 'profiler' : frame.kind } : frame;
  });
  return { ...samples, frames };
}
