import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { frameFrom } from '../formats/call-frame.js';
import type { Frame } from '../samples.js';
import type { Api, Site } from './operation.js';

/** Mean bytes between two sampled sites. */
const SAMPLE_BYTES = 65_536;
/** What an operation counts beside its bytes, so that many small ones are seen too: one in 64 of them. */
const OPERATION_BYTES = 1_024;
const DEPTH = 24;

/**
 * Chooses operations whose call site is looked up: a Poisson process over bytes, as tcmalloc and V8 sample allocations.
 * A stack costs some 5 us, an operation that is not chosen a subtraction: `pnpm bench profiler/io-sites`.
 */
export class SiteSampler {
  readonly #random: () => number;
  #untilNext: number;

  constructor(random: () => number) {
    this.#random = random;
    this.#untilNext = this.#gap();
  }

  /** The site that calls `api`, if this operation is chosen. */
  choose(bytes: number, api: Api): Site | undefined {
    const size = bytes + OPERATION_BYTES;
    this.#untilNext -= size;
    if (this.#untilNext > 0) return undefined;
    this.#untilNext = this.#gap();
    return { stack: stackAbove(api), weight: 1 / (1 - Math.exp(-size / SAMPLE_BYTES)) };
  }

  #gap(): number {
    return -Math.log(1 - this.#random()) * SAMPLE_BYTES;
  }
}

/** The stack of who calls `api`, outermost first; the program's own way of preparing stack traces is put back. None where `Error` is frozen. */
export function stackAbove(api: Api): readonly Frame[] {
  if (Object.isFrozen(Error)) return [];
  const { stackTraceLimit } = Error;
  const prepare = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  const holder: { readonly stack?: unknown } = {};
  Error.stackTraceLimit = DEPTH;
  Error.prepareStackTrace = asFrames;
  try {
    Error.captureStackTrace(holder, api);
    return Array.isArray(holder.stack) ? (holder.stack as Frame[]) : [];
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    if (prepare === undefined) delete (Error as { prepareStackTrace?: unknown }).prepareStackTrace;
    else Object.defineProperty(Error, 'prepareStackTrace', prepare);
  }
}

function asFrames(_: Error, callSites: readonly NodeJS.CallSite[]): Frame[] {
  const frames: Frame[] = [];
  for (const site of callSites.toReversed()) {
    const url = urlOf(site.getFileName() ?? '');
    if (url === '') continue;
    const name = site.getFunctionName() ?? site.getMethodName() ?? '';
    frames.push(frameFrom({ name, url, line: site.getLineNumber() ?? 0, column: site.getColumnNumber() ?? 0 }));
  }
  return frames;
}

/** Of CommonJS, stacks have paths where CPU samples have URLs. */
const urlOf = (file: string): string => (isAbsolute(file) ? pathToFileURL(file).href : file);
