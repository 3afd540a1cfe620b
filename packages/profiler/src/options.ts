import { type Clock, systemClock } from './clock.js';
import { invalidOption } from './errors.js';
import { type LabelOptions, resolveLabels } from './labels.js';
import { asBoolean, asNumber, asObject, refuseUnknown } from './refusal.js';
import { type ProfilingMode, SOURCES, type Sources } from './mode.js';
import type { Profile } from './profile.js';
import { type ResolvedTriggers, type TriggerOptions, resolveTriggers } from './triggers.js';

export interface ProfilerOptions {
  /** Used in errors and events. Not empty. @default 'profiler' */
  readonly name?: string;
  /** What recordings are of that do not say it: `'CPU'`, `'MEMORY'`, `'IO'` or `'ALL'`. @default 'CPU' */
  readonly mode?: ProfilingMode;
  readonly cpu?: CpuOptions;
  readonly memory?: MemoryOptions;
  /** What `label()` accepts. */
  readonly labels?: LabelOptions;
  /**
   * Samples CPU from creation until `close()` and keeps what lies not too far back, for `recent()`. Implies
   * `cpu.keepWarm`. @default undefined: not continuous
   */
  readonly continuous?: ContinuousOptions;
  /** @default systemClock */
  readonly clock?: Clock;
}

export interface CpuOptions {
  /**
   * Time between two CPU samples, in microseconds. An integer from 100 to 1_000_000. A sample costs 35-130 us of a
   * second thread: 1_000 suits runs that one watches, 10_000 or more what stays on.
   * @default 1_000, with `continuous` 20_000
   */
  readonly intervalUs?: number;
  /**
   * Keeps V8's profiler running from creation until `close()`, at `intervalUs`. Recordings then start in a fraction of
   * a millisecond, as V8 need not walk the heap for functions first, and code optimised between two recordings keeps
   * its name. Costs the sampling all the time. @default false
   */
  readonly keepWarm?: boolean;
  /**
   * Gives functions that V8 inlined their samples back, which it books on their callers. Stopping then asks V8 for the
   * places of all functions, which holds the thread: 3 ms in a bare program, 60 to 90 ms in one of 20,000 functions.
   * Works for files that no loader changes. @default true
   */
  readonly recoverInlined?: boolean;
}

export interface ContinuousOptions {
  /** How far back samples are kept, in ms, whole windows at a time. From `windowMs` to 86_400_000. @default 60_000 */
  readonly keepMs?: number;
  /** Length of a window, in ms: V8's samples are read so often, .5 ms each time. From 1_000 to 600_000. @default 10_000 */
  readonly windowMs?: number;
  /** Hands over who held the event loop. @default undefined: nobody watches */
  readonly stall?: StallOptions;
  /** Hands over what is kept when CPU or heap are high, or on a signal. @default undefined: never */
  readonly triggers?: TriggerOptions;
  /**
   * Gets each window as a profile, to be stored or sent: `windowDirectory().keep`, `pushWindows()`, or anything. One that
   * fails is counted and told in events; none is waited for. @default undefined
   */
  readonly onWindow?: (profile: Profile) => void | Promise<void>;
}

export interface StallOptions {
  /** Longer than this without an answer from the event loop is a stall, in ms. From 20 to 60_000. @default 200 */
  readonly overMs?: number;
  /** At most one stall in so many ms is handed over; all are counted. From 0 to 86_400_000. @default 10_000 */
  readonly everyMs?: number;
  /** Called when the stall is over. */
  readonly onStall: (stall: Stall) => void;
}

/** The event loop was held. */
export interface Stall {
  /** When the loop last answered, in ms since 1970. */
  readonly startedAtMs: number;
  readonly durationMs: number;
  /** What ran meanwhile. Mostly idle or empty, it was no code of this thread: the process did not get a core. */
  readonly profile: Profile;
}

/** A span of time to look back at, in ms since 1970, as of `Date.now()`. */
export interface SpanOptions {
  /** @default -Infinity, all that is kept */
  readonly fromMs?: number;
  /** @default Infinity, until now */
  readonly untilMs?: number;
}

export interface MemoryOptions {
  /**
   * Mean number of allocated bytes between two samples. An integer from 1 to 2 ** 30. A sample costs about 4 us on
   * the allocating thread: .15 % of it at the default and 100 MB/s. @default 262_144
   */
  readonly samplingIntervalBytes?: number;
}

/** What to record; with nothing asked for, what the profiler's `mode` says. */
export interface RecordingOptions {
  /** What is recorded unless the options below say otherwise. @default the profiler's `mode`; with any of them set, nothing */
  readonly mode?: ProfilingMode;
  /** Where CPU time goes. */
  readonly cpu?: boolean;
  /**
   * `true`: where memory is allocated, what was collected meanwhile included. `'live'`: what of it is still alive at the
   * end and at every `checkpoint()`, which tells what keeps growing. Stopping forces a full garbage collection, 1.5-2 ms
   * per MB of live heap, and so does a checkpoint.
   */
  readonly memory?: boolean | 'live';
  /** What is read and written, by file, host and call site. Replaces functions of `node:fs` and `node:net` meanwhile. */
  readonly io?: boolean;
  /** How many promises are created and open, and by whom; some 100 ns a promise. */
  readonly promises?: boolean;
  /** CPU of worker threads too, those included that start meanwhile. With `cpu` only. @default false */
  readonly workers?: boolean;
}

export interface ResolvedRecording extends Sources {
  readonly workers: boolean;
}

export interface ResolvedContinuous {
  readonly keepMs: number;
  readonly windowMs: number;
  readonly stall: Required<StallOptions> | undefined;
  readonly triggers: ResolvedTriggers | undefined;
  readonly onWindow: ((profile: Profile) => void | Promise<void>) | undefined;
}

export interface ResolvedOptions {
  readonly name: string;
  readonly mode: ProfilingMode;
  readonly labels: Required<LabelOptions>;
  readonly cpu: Required<CpuOptions>;
  readonly memory: Required<MemoryOptions>;
  readonly continuous: ResolvedContinuous | undefined;
  readonly clock: Clock;
}

export function resolveOptions(options: ProfilerOptions): ResolvedOptions {
  const { name = 'profiler', mode = 'CPU', cpu = {}, memory = {}, labels = {}, continuous, clock = systemClock, ...unknown } = asObject('options', options);
  refuseUnknown('', unknown);
  if (typeof name !== 'string' || name === '') throw invalidOption('name', name, 'a string that is not empty');
  if (typeof clock?.now !== 'function' || typeof clock.setTimeout !== 'function' || typeof clock.setInterval !== 'function') throw invalidOption('clock', clock, 'a Clock, with now(), setTimeout() and setInterval()');
  const resolved = continuous === undefined ? undefined : resolveContinuous(continuous);
  return { name, mode: asMode(mode), cpu: resolveCpu(cpu, resolved !== undefined), memory: resolveMemory(memory), labels: resolveLabels(asObject('labels', labels)), continuous: resolved, clock };
}

function resolveContinuous(options: ContinuousOptions): ResolvedContinuous {
  const { keepMs = 60_000, windowMs = 10_000, stall, triggers, onWindow, ...unknown } = asObject('continuous', options);
  refuseUnknown('continuous.', unknown);
  asNumber('continuous.windowMs', windowMs, 1_000, 600_000);
  if (!(typeof keepMs === 'number' && keepMs >= windowMs && keepMs <= 86_400_000))
    throw invalidOption('continuous.keepMs', keepMs, `from windowMs, ${windowMs}, to 86400000`);
  if (onWindow !== undefined && typeof onWindow !== 'function') throw invalidOption('continuous.onWindow', onWindow, 'a function');
  return { keepMs, windowMs, stall: stall === undefined ? undefined : resolveStall(stall), triggers: triggers === undefined ? undefined : resolveTriggers(triggers), onWindow };
}

function resolveStall(options: StallOptions): Required<StallOptions> {
  const { overMs = 200, everyMs = 10_000, onStall, ...unknown } = asObject('continuous.stall', options);
  refuseUnknown('continuous.stall.', unknown);
  asNumber('continuous.stall.overMs', overMs, 20, 60_000);
  asNumber('continuous.stall.everyMs', everyMs, 0, 86_400_000);
  if (typeof onStall !== 'function') throw invalidOption('continuous.stall.onStall', onStall, 'a function');
  return { overMs, everyMs, onStall };
}

export function resolveSpan(options: SpanOptions): Required<SpanOptions> {
  const { fromMs = -Infinity, untilMs = Infinity, ...unknown } = asObject('span', options);
  refuseUnknown('', unknown);
  if (typeof fromMs !== 'number' || Number.isNaN(fromMs)) throw invalidOption('fromMs', fromMs, 'a time in ms');
  if (!(typeof untilMs === 'number' && untilMs > fromMs)) throw invalidOption('untilMs', untilMs, `later than fromMs, ${fromMs}`);
  return { fromMs, untilMs };
}

function resolveCpu(options: CpuOptions, continuous: boolean): Required<CpuOptions> {
  const { intervalUs = continuous ? 20_000 : 1_000, keepWarm = continuous, recoverInlined = true, ...unknown } = asObject('cpu', options);
  refuseUnknown('cpu.', unknown);
  if (!Number.isInteger(intervalUs) || intervalUs < 100 || intervalUs > 1_000_000)
    throw invalidOption('cpu.intervalUs', intervalUs, 'an integer from 100 to 1000000');
  asBoolean('cpu.keepWarm', keepWarm);
  if (continuous && !keepWarm) throw invalidOption('cpu.keepWarm', keepWarm, 'true: sampling is continuous');
  return { intervalUs, keepWarm, recoverInlined: asBoolean('cpu.recoverInlined', recoverInlined) };
}

function resolveMemory(options: MemoryOptions): Required<MemoryOptions> {
  const { samplingIntervalBytes = 262_144, ...unknown } = asObject('memory', options);
  refuseUnknown('memory.', unknown);
  if (!Number.isInteger(samplingIntervalBytes) || samplingIntervalBytes < 1 || samplingIntervalBytes > 2 ** 30)
    throw invalidOption('memory.samplingIntervalBytes', samplingIntervalBytes, 'an integer from 1 to 2 ** 30');
  return { samplingIntervalBytes };
}

export function resolveRecording(options: RecordingOptions, defaultMode: ProfilingMode): ResolvedRecording {
  const { mode, cpu, memory, io, promises, workers = false, ...unknown } = asObject('recording options', options);
  refuseUnknown('', unknown);
  const saysWhat = cpu === true || Boolean(memory) || io === true || promises === true;
  const base: Partial<Sources> = mode === undefined && saysWhat ? {} : SOURCES[asMode(mode === undefined ? defaultMode : mode)];
  const { cpu: byMode = false, memory: memoryByMode = false, io: ioByMode = false, promises: promisesByMode = false } = base;
  const wanted = {
    cpu: asBoolean('cpu', cpu === undefined ? byMode : cpu),
    memory: memory === 'live' ? memory : asBoolean('memory', memory === undefined ? memoryByMode === true : memory, "true, false or 'live'"),
    io: asBoolean('io', io === undefined ? ioByMode : io),
    promises: asBoolean('promises', promises === undefined ? promisesByMode : promises),
    workers: asBoolean('workers', workers),
  };
  if (!wanted.cpu && wanted.memory === false && !wanted.io && !wanted.promises) throw invalidOption('cpu', cpu, 'true, unless something else is: a recording of nothing says nothing');
  if (workers && !wanted.cpu) throw invalidOption('workers', workers, 'false without cpu');
  return wanted;
}

function asMode(mode: ProfilingMode): ProfilingMode {
  if (typeof mode !== 'string' || !Object.hasOwn(SOURCES, mode)) throw invalidOption('mode', mode, Object.keys(SOURCES).join(', '));
  return mode;
}
