import { type Clock, systemClock } from './clock.js';
import { invalidOption } from './errors.js';

export interface ProfilerOptions {
  /** Used in errors and events. Not empty. @default 'profiler' */
  readonly name?: string;
  readonly cpu?: CpuOptions;
  readonly memory?: MemoryOptions;
  /** @default systemClock */
  readonly clock?: Clock;
}

export interface CpuOptions {
  /**
   * Time between two CPU samples, in microseconds. An integer from 100 to 1_000_000. A sample costs 35-130 us of a
   * second thread: 1_000 suits runs that one watches, 10_000 or more what stays on. @default 1_000
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
   * places of all functions and reads the sampled scripts: 3 ms in a bare program. Works for files that no loader
   * changes. @default true
   */
  readonly recoverInlined?: boolean;
}

export interface MemoryOptions {
  /**
   * Mean number of allocated bytes between two samples. An integer from 1 to 2 ** 30. A sample costs about 4 us on
   * the allocating thread: .15 % of it at the default and 100 MB/s. @default 262_144
   */
  readonly samplingIntervalBytes?: number;
}

/** What to record; with nothing asked for, CPU. */
export interface RecordingOptions {
  /** Where CPU time goes. @default true unless `memory` is asked for */
  readonly cpu?: boolean;
  /**
   * Where memory is allocated, what was collected meanwhile included. Stopping then forces a full garbage collection,
   * 1.5-2 ms per MB of live heap. @default false
   */
  readonly memory?: boolean;
}

export interface ResolvedOptions {
  readonly name: string;
  readonly cpu: Required<CpuOptions>;
  readonly memory: Required<MemoryOptions>;
  readonly clock: Clock;
}

export function resolveOptions(options: ProfilerOptions): ResolvedOptions {
  const { name = 'profiler', cpu = {}, memory = {}, clock = systemClock, ...unknown } = asObject('options', options);
  refuseUnknown('', unknown);
  if (typeof name !== 'string' || name === '') throw invalidOption('name', name, 'a string that is not empty');
  return { name, cpu: resolveCpu(cpu), memory: resolveMemory(memory), clock };
}

function resolveCpu(options: CpuOptions): Required<CpuOptions> {
  const { intervalUs = 1_000, keepWarm = false, recoverInlined = true, ...unknown } = asObject('cpu', options);
  refuseUnknown('cpu.', unknown);
  if (!Number.isInteger(intervalUs) || intervalUs < 100 || intervalUs > 1_000_000)
    throw invalidOption('cpu.intervalUs', intervalUs, 'an integer from 100 to 1000000');
  return { intervalUs, keepWarm: asBoolean('cpu.keepWarm', keepWarm), recoverInlined: asBoolean('cpu.recoverInlined', recoverInlined) };
}

function resolveMemory(options: MemoryOptions): Required<MemoryOptions> {
  const { samplingIntervalBytes = 262_144, ...unknown } = asObject('memory', options);
  refuseUnknown('memory.', unknown);
  if (!Number.isInteger(samplingIntervalBytes) || samplingIntervalBytes < 1 || samplingIntervalBytes > 2 ** 30)
    throw invalidOption('memory.samplingIntervalBytes', samplingIntervalBytes, 'an integer from 1 to 2 ** 30');
  return { samplingIntervalBytes };
}

export function resolveRecording(options: RecordingOptions): Required<RecordingOptions> {
  const { memory = false, cpu = !memory, ...unknown } = asObject('recording options', options);
  refuseUnknown('', unknown);
  asBoolean('memory', memory);
  asBoolean('cpu', cpu);
  if (!cpu && !memory) throw invalidOption('cpu', cpu, 'true, unless memory is: a recording of nothing says nothing');
  return { cpu, memory };
}

export function asObject<T extends object>(option: string, value: T): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalidOption(option, value, 'an object');
  return value;
}

function asBoolean(option: string, value: boolean): boolean {
  if (typeof value !== 'boolean') throw invalidOption(option, value, 'true or false');
  return value;
}

/** A misspelt option must not be silently without effect. */
export function refuseUnknown(prefix: string, unknown: object): void {
  const [first] = Object.entries(unknown);
  if (first !== undefined) throw invalidOption(prefix + first[0], first[1], 'nothing: there is no such option');
}
