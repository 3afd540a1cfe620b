import { PerformanceObserver, constants, performance, type PerformanceEntry } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { Worker, type ResourceLimits } from 'node:worker_threads';
import { invalidOption } from './errors.js';
import { checkOptions, checkSignal, refuseUnknown } from './options.js';

/** What collections cost since a sampler was made. */
export interface GcStats {
  readonly minorTotal: number;
  readonly majorTotal: number;
  /** Steps of incremental marking. */
  readonly incrementalTotal: number;
  readonly weakCallbackTotal: number;
  readonly minorPauseMs: number;
  readonly majorPauseMs: number;
  /** Of all kinds. */
  readonly pauseMs: number;
  readonly longestPauseMs: number;
  /** Of all kinds, those that the program asked for, by `gc()` of `--expose-gc`; they are in the other numbers, too. */
  readonly forcedTotal: number;
  readonly forcedPauseMs: number;
}

/**
 * Counts collections of this thread and their pauses, as Node's performance hooks tell them: at the turn of the event loop
 * that follows.
 */
export interface GcSampler extends Disposable {
  stats(): GcStats;
  /** Idempotent. */
  close(): void;
}

/** What those who sample in this thread have counted; one observer tells all of them. */
const sampling = new Set<Sample>();
let observer: PerformanceObserver | undefined;

export function createGcSampler(): GcSampler {
  const sample: Sample = { startedMs: performance.now(), counts: noCollections() };
  sampling.add(sample);
  if (observer === undefined) {
    observer = new PerformanceObserver((list) => note(list.getEntries()));
    observer.observe({ entryTypes: ['gc'] });
  }
  const close = (): void => {
    if (!sampling.delete(sample) || sampling.size > 0) return;
    observer?.disconnect();
    observer = undefined;
  };
  return {
    stats: () => {
      if (sampling.has(sample)) note(observer?.takeRecords() ?? []);
      return { ...sample.counts };
    },
    close,
    [Symbol.dispose]: close,
  };
}

function note(entries: readonly PerformanceEntry[]): void {
  for (const { duration, startTime, detail } of entries as readonly GcEntry[])
    for (const { startedMs, counts } of sampling) if (startTime >= startedMs) add(counts, { durationMs: duration, ...detail });
}

interface Sample {
  readonly startedMs: number;
  readonly counts: Counts;
}

/** Missing from @types/node 20. */
type GcEntry = PerformanceEntry & { readonly detail: { readonly kind: number; readonly flags: number } };

interface Collection {
  readonly kind: number;
  /** Why, as bits. */
  readonly flags: number;
  readonly durationMs: number;
}

type Counts = { -readonly [Name in keyof GcStats]: number };

const noCollections = (): Counts => ({ minorTotal: 0, majorTotal: 0, incrementalTotal: 0, weakCallbackTotal: 0, minorPauseMs: 0, majorPauseMs: 0, pauseMs: 0, longestPauseMs: 0, forcedTotal: 0, forcedPauseMs: 0 });

function add(counts: Counts, { kind, flags, durationMs }: Collection): void {
  if ((flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) !== 0) {
    counts.forcedTotal += 1;
    counts.forcedPauseMs += durationMs;
  }
  counts.pauseMs += durationMs;
  counts.longestPauseMs = Math.max(counts.longestPauseMs, durationMs);
  if (kind === constants.NODE_PERFORMANCE_GC_MINOR) {
    counts.minorTotal += 1;
    counts.minorPauseMs += durationMs;
  } else if (kind === constants.NODE_PERFORMANCE_GC_MAJOR) {
    counts.majorTotal += 1;
    counts.majorPauseMs += durationMs;
  } else if (kind === constants.NODE_PERFORMANCE_GC_INCREMENTAL) counts.incrementalTotal += 1;
  else counts.weakCallbackTotal += 1;
}

export interface GcTuning {
  /** Room for new objects, in bytes: with more of it there are fewer minor collections. 1 MiB to 1 GiB. */
  readonly youngGenerationBytes?: number;
  /** The limit of the heap, in bytes, 16 MiB to 64 GiB. */
  readonly oldGenerationBytes?: number;
  /** JavaScript that is run in a worker, once as V8 is and once with the settings, to see what they do. */
  readonly workload?: string;
  /** Ends the workload. */
  readonly signal?: AbortSignal;
}

export interface GcFigures extends GcStats {
  readonly wallMs: number;
}

/** Where settings can be made, and what they did. */
export interface TunedGc {
  /** For `new Worker(…, { resourceLimits })`: how far a heap that is yet to be made may grow. */
  readonly resourceLimits: ResourceLimits;
  /**
   * Each for `v8.setFlagsFromString` before `new Worker(…)`: how much room for new objects threads of this process then begin
   * with. V8 begins with 1 MiB, and comes to its limit only as far as objects survive, so that the limit alone spares a
   * thread of short-lived objects no collection.
   */
  readonly flags: readonly string[];
  /** For `node …` or `NODE_OPTIONS`, at the next start: V8 sizes the heap of a thread when the thread starts, and not again. */
  readonly execArgv: readonly string[];
  /** Without and with limits and flags; `undefined` without a workload: nothing is claimed that was not measured. */
  readonly before: GcFigures | undefined;
  readonly after: GcFigures | undefined;
}

const MiB = 2 ** 20;
/** V8's young generation is three semi-spaces: two that objects are copied between, and one for large objects. */
const SEMI_SPACES = 3;
const LEAST_SEMI_SPACE = '--min-semi-space-size';

/**
 * While the workload is about to start with the settings, so is any other thread that is started just then.
 * @throws {ArenaError} rejects with `ERR_ARENA_INVALID_OPTION`; with what the workload threw; with the signal's reason.
 */
export async function tuneGc(tuning: GcTuning): Promise<TunedGc> {
  checkOptions(tuning);
  const { youngGenerationBytes, oldGenerationBytes, workload, signal, ...unknown } = tuning;
  checkSignal(signal);
  refuseUnknown(unknown);
  checkBytes('youngGenerationBytes', youngGenerationBytes, MiB, 1_024 * MiB);
  checkBytes('oldGenerationBytes', oldGenerationBytes, 16 * MiB, 65_536 * MiB);
  if (workload !== undefined && typeof workload !== 'string') throw invalidOption('workload', workload, 'JavaScript, as a string');
  const resourceLimits: ResourceLimits = {};
  const flags: string[] = [];
  const execArgv: string[] = [];
  if (youngGenerationBytes !== undefined) {
    resourceLimits.maxYoungGenerationSizeMb = Math.ceil(youngGenerationBytes / MiB);
    const semiSpaceMb = Math.ceil(youngGenerationBytes / SEMI_SPACES / MiB);
    flags.push(`${LEAST_SEMI_SPACE}=${semiSpaceMb}`);
    execArgv.push(...flags, `--max-semi-space-size=${semiSpaceMb}`);
  }
  if (oldGenerationBytes !== undefined) {
    resourceLimits.maxOldGenerationSizeMb = Math.ceil(oldGenerationBytes / MiB);
    execArgv.push(`--max-old-space-size=${Math.ceil(oldGenerationBytes / MiB)}`);
  }
  const before = workload === undefined ? undefined : await measure(workload, {}, [], signal);
  const after = workload === undefined ? undefined : await measure(workload, resourceLimits, flags, signal);
  return { resourceLimits, flags, execArgv, before, after };
}

/** Runs `workload` in a worker of its own and gives what collections cost it. */
async function measure(workload: string, resourceLimits: ResourceLimits, flags: readonly string[], signal: AbortSignal | undefined): Promise<GcFigures> {
  signal?.throwIfAborted();
  const code = `
    const { PerformanceObserver } = require('node:perf_hooks');
    const collections = [];
    const observer = new PerformanceObserver((list) => {
      for (const { duration, detail } of list.getEntries()) collections.push({ durationMs: duration, ...detail });
    });
    observer.observe({ entryTypes: ['gc'] });
    const start = performance.now();
    (async () => { ${workload}
    })().then(async () => {
      const wallMs = performance.now() - start;
      for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve)); // Entries come in tasks of their own.
      require('node:worker_threads').parentPort.postMessage({ collections, wallMs });
      observer.disconnect();
    });`;
  for (const flag of flags) setFlagsFromString(flag);
  const worker = new Worker(code, { eval: true, resourceLimits });
  // A thread's heap is made before it is online, or never.
  for (const event of ['online', 'exit']) worker.once(event, () => flags.length > 0 && setFlagsFromString(`${LEAST_SEMI_SPACE}=${startedWith()}`));
  let abort = (): void => undefined;
  try {
    return await new Promise((resolve, reject) => {
      abort = () => reject(signal?.reason as Error);
      signal?.addEventListener('abort', abort);
      worker.once('message', ({ collections, wallMs }: { collections: Collection[]; wallMs: number }) => {
        const counts = noCollections();
        for (const collection of collections) add(counts, collection);
        resolve({ ...counts, wallMs });
      });
      worker.once('error', reject).once('exit', () => reject(new Error('the workload ended its thread')));
    });
  } finally {
    signal?.removeEventListener('abort', abort);
    await worker.terminate(); // The workload may have left timers or sockets behind.
  }
}

/** What this process was told of the least size of a semi-space, in MB; 0, V8's default, if nothing. */
function startedWith(): number {
  const given = [...(process.env['NODE_OPTIONS'] ?? '').split(' '), ...process.execArgv].map((flag) => flag.replaceAll('_', '-').split('='));
  return Number(given.findLast(([name]) => name === LEAST_SEMI_SPACE)?.[1] ?? 0);
}

function checkBytes(name: string, bytes: unknown, least: number, most: number): void {
  if (bytes !== undefined && !(typeof bytes === 'number' && bytes >= least && bytes <= most)) throw invalidOption(name, bytes, `bytes, ${least} to ${most}`);
}
