import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Frame, Samples } from './samples.js';

/** The folder of this package's code; none where a bundler has put it in one file with the program's. */
const FOLDER = /\/own-frames\.[cm]?[jt]s$/.test(import.meta.url) ? new URL('.', import.meta.url).href : undefined;

/** Marks frames of this package: what the profiler does in the profiled program is its cost and nobody's finding. */
export function markOwn(samples: Samples, folder: string | undefined = FOLDER): Samples {
  if (folder === undefined) return samples;
  return mapFrames(samples, (frame) => (frame.kind === 'script' && frame.url.startsWith(folder) ? { ...frame, kind: 'profiler' } : frame));
}

/** Files by URL, where V8's heap sampler has paths. */
export const withFileUrls = (samples: Samples): Samples => mapFrames(samples, (frame) => (isAbsolute(frame.url) ? { ...frame, url: pathToFileURL(frame.url).href } : frame));

const mapFrames = (samples: Samples, change: (frame: Frame) => Frame): Samples => ({ ...samples, frames: samples.frames.map(change) });
