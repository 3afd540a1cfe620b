import { parse } from 'node:path';
import { systemClock, type Clock } from './clock.js';
import { invalidOption } from './errors.js';
import { checkNames } from './option-names.js';
import { defaultThresholds, resolveThresholds, type ResolvedThreshold, type Threshold } from './rules/threshold.js';
import { defaultTiers, resolveTiers, type TierOptions } from './tier.js';

export interface MonitorOptions {
  /** Names this monitor in events. @default 'monitor' */
  readonly name?: string;
  /** Time between samples, in ms. At least 10 (the kernel counts CPU time in ticks of 10 ms), at most 2³¹ − 1. @default 1_000 */
  readonly intervalMs?: number;
  /** Samples kept of every series. An integer from 1 to 10⁶; each takes 8 bytes. @default 1_000 */
  readonly historySize?: number;
  /**
   * How the past beyond those samples is kept: as buckets of so many ms, so many of them; at most 4. A bucket takes 40
   * bytes a series. `[]` keeps none. @default 10 s for half an hour and 60 s for 12 hours
   */
  readonly tiers?: readonly TierOptions[];
  /** Most series kept. Devices beyond it are left out and counted, signals refused. An integer from 1 to 10⁵. @default 1_000 */
  readonly maxSeries?: number;
  /**
   * Where the machine's numbers come from: the Linux kernel's files, or `systeminformation` on any platform.
   * `auto` takes the files where there are any. @default 'auto'
   */
  readonly source?: 'auto' | 'linux' | 'portable';
  /**
   * Of what `cpu.utilization` and `memory.utilization` are shares: the machine, or the cgroup v2 limits this process
   * runs under. `auto` is the cgroup when it has a limit. @default 'auto'
   */
  readonly scope?: 'auto' | 'host' | 'cgroup';
  /** Paths whose file systems are watched. @default the root of the current directory's file system */
  readonly filesystems?: readonly string[];
  /** Replaces the defaults: `[...defaultThresholds, { series: 'pool.waiting', warning: 100 }]` adds to them. @default defaultThresholds */
  readonly thresholds?: readonly Threshold[];
  /**
   * Names of series that are scored for anomalies at every sample; they need not exist yet. The score of one is the
   * series `anomaly.score{series="…"}`, of which thresholds can be set as of any other. @default none
   */
  readonly anomalies?: readonly string[];
  /** @default systemClock */
  readonly clock?: Clock;
}

export interface ResolvedOptions extends Required<Omit<MonitorOptions, 'thresholds'>> {
  readonly thresholds: readonly ResolvedThreshold[];
}

/** Beyond it, `Infinity` included, Node's timers fire after 1 ms. */
const MAX_DELAY_MS = 2 ** 31 - 1;
/** One tick of the kernel's clock at its usual 100 Hz. */
const MIN_INTERVAL_MS = 10;
const MAX_HISTORY = 1_000_000;
const MAX_SERIES = 100_000;
const NAMES = ['name', 'intervalMs', 'historySize', 'tiers', 'maxSeries', 'source', 'scope', 'filesystems', 'thresholds', 'anomalies', 'clock'];

/** @throws {MonitorError} `ERR_MONITOR_INVALID_OPTION` */
export function resolveOptions(options: MonitorOptions): ResolvedOptions {
  checkNames('option', options, NAMES);
  // Destructured, not spread: `{ intervalMs: undefined }` must get the default too.
  const {
    name = 'monitor',
    intervalMs = 1_000,
    historySize = 1_000,
    tiers = defaultTiers,
    maxSeries = 1_000,
    source = 'auto',
    scope = 'auto',
    filesystems = [parse(process.cwd()).root],
    thresholds = defaultThresholds,
    anomalies = [],
    clock = systemClock,
  } = options;
  if (typeof name !== 'string' || name === '') throw invalidOption('name', name, 'a string of at least one character');
  if (!(intervalMs >= MIN_INTERVAL_MS && intervalMs <= MAX_DELAY_MS)) throw invalidOption('intervalMs', intervalMs, `from ${MIN_INTERVAL_MS} to ${MAX_DELAY_MS}`);
  checkInteger('historySize', historySize, MAX_HISTORY);
  checkInteger('maxSeries', maxSeries, MAX_SERIES);
  checkOneOf('source', source, ['auto', 'linux', 'portable']);
  checkOneOf('scope', scope, ['auto', 'host', 'cgroup']);
  if (source === 'portable' && scope === 'cgroup') throw invalidOption('scope', scope, '"auto" or "host", as source is "portable", which knows no cgroups');
  checkStrings('filesystems', filesystems, 'paths');
  checkStrings('anomalies', anomalies, 'names of series');
  if (typeof clock?.now !== 'function' || typeof clock.setInterval !== 'function') throw invalidOption('clock', clock, 'a Clock');
  return { name, intervalMs, historySize, tiers: resolveTiers(tiers), maxSeries, source, scope, filesystems, thresholds: resolveThresholds(thresholds, intervalMs), anomalies, clock };
}

function checkInteger(option: string, value: number, most: number): void {
  if (!Number.isInteger(value) || value < 1 || value > most) throw invalidOption(option, value, `an integer from 1 to ${most}`);
}

function checkStrings(option: string, given: readonly string[], what: string): void {
  if (!Array.isArray(given)) throw invalidOption(option, given, `an array of ${what}`);
  for (const each of given) if (typeof each !== 'string' || each === '') throw invalidOption(option, each, what);
  if (new Set(given).size < given.length) throw invalidOption(option, given.join(', '), 'each at most once');
}

function checkOneOf(option: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value)) throw invalidOption(option, value, `one of ${allowed.join(', ')}`);
}
