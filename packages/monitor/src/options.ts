import { parse } from 'node:path';
import type { Action } from './actions/action-runner.js';
import { systemClock, type Clock } from './clock.js';
import { invalidOption } from './errors.js';
import { checkNames, checkObject } from './option-names.js';
import type { RuleSet } from './rules/rule.js';
import { defaultThresholds, resolveThresholds, type ResolvedThreshold, type Threshold } from './rules/threshold.js';
import { isMissing } from './sources/filesystem.js';
import { defaultTiers, resolveTiers, type TierOptions } from './tier.js';

export interface MonitorOptions {
  /** Names this monitor in events. @default 'monitor' */
  readonly name?: string;
  /** Time between samples, in ms. At least 10 (the kernel counts CPU time in ticks of 10 ms), at most 2³¹ − 1. @default 1_000 */
  readonly intervalMs?: number;
  /**
   * Time between samples, in ms, while an alert is pending or work stands still for want of CPU, memory or I/O, and for a
   * minute after. From 10 to `intervalMs`, which samples evenly. @default 100; `intervalMs` where that is given
   */
  readonly urgentIntervalMs?: number;
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
  /** Paths whose file systems are watched; they are there already. @default the root of the current directory's file system */
  readonly filesystems?: readonly string[];
  /** Replaces the defaults: `[...defaultThresholds, { series: 'pool.waiting', warning: 100 }]` adds to them. @default defaultThresholds */
  readonly thresholds?: readonly Threshold[];
  /** Alert rules: the text of a YAML file, or what `parseRules()` made of one. @default none */
  readonly rules?: string | RuleSet;
  /** What rules may do, by the names they use: `{ notify: (notification) => … }`. @default none */
  readonly actions?: Readonly<Record<string, Action>>;
  /** Longest time an action may take, in ms; then its signal aborts and it counts as failed. Above 0, at most 2³¹ − 1. @default 30_000 */
  readonly actionTimeoutMs?: number;
  /**
   * Names of series that are scored for anomalies at every sample; they need not exist yet. The score of one is the
   * series `anomaly.score{series="…"}`, of which thresholds can be set as of any other. @default none
   */
  readonly anomalies?: readonly string[];
  /** @default systemClock */
  readonly clock?: Clock;
}

export interface ResolvedOptions extends Required<Omit<MonitorOptions, 'thresholds' | 'rules'>> {
  readonly rules: string | RuleSet | undefined;
  readonly thresholds: readonly ResolvedThreshold[];
}

/** Beyond it, `Infinity` included, Node's timers fire after 1 ms. */
const MAX_DELAY_MS = 2 ** 31 - 1;
/** One tick of the kernel's clock at its usual 100 Hz. */
export const MIN_INTERVAL_MS = 10;
const DEFAULT_INTERVAL_MS = 1_000;
const DEFAULT_URGENT_INTERVAL_MS = 100;
const MAX_HISTORY = 1_000_000;
const MAX_SERIES = 100_000;
const NAMES = [
  'name', 'intervalMs', 'urgentIntervalMs', 'historySize', 'tiers', 'maxSeries', 'source', 'scope', 'filesystems', 'thresholds', 'rules', 'actions', 'actionTimeoutMs', 'anomalies', 'clock',
];

/** @throws {MonitorError} `ERR_MONITOR_INVALID_OPTION` */
export function resolveOptions(options: MonitorOptions): ResolvedOptions {
  checkNames('option', options, NAMES);
  // Destructured, not spread: `{ intervalMs: undefined }` must get the default too.
  const {
    name = 'monitor',
    intervalMs = DEFAULT_INTERVAL_MS,
    // Who asks for an interval gets it.
    urgentIntervalMs = options.intervalMs === undefined ? DEFAULT_URGENT_INTERVAL_MS : intervalMs,
    historySize = 1_000,
    tiers = defaultTiers,
    maxSeries = 1_000,
    source = 'auto',
    scope = 'auto',
    filesystems = [parse(process.cwd()).root],
    thresholds = defaultThresholds,
    rules,
    actions = {},
    actionTimeoutMs = 30_000,
    anomalies = [],
    clock = systemClock,
  } = options;
  if (typeof name !== 'string' || name === '') throw invalidOption('name', name, 'a string of at least one character');
  if (!Number.isFinite(intervalMs) || !(intervalMs >= MIN_INTERVAL_MS && intervalMs <= MAX_DELAY_MS)) throw invalidOption('intervalMs', intervalMs, `from ${MIN_INTERVAL_MS} to ${MAX_DELAY_MS}`);
  if (!Number.isFinite(urgentIntervalMs) || !(urgentIntervalMs >= MIN_INTERVAL_MS && urgentIntervalMs <= intervalMs)) throw invalidOption('urgentIntervalMs', urgentIntervalMs, `from ${MIN_INTERVAL_MS} to intervalMs (${intervalMs})`);
  if (!Number.isFinite(actionTimeoutMs) || !(actionTimeoutMs > 0 && actionTimeoutMs <= MAX_DELAY_MS)) throw invalidOption('actionTimeoutMs', actionTimeoutMs, `above 0 and at most ${MAX_DELAY_MS}`);
  checkObject('actions', actions);
  for (const [action, call] of Object.entries(actions)) if (typeof call !== 'function') throw invalidOption(`actions.${action}`, call, 'a function');
  checkInteger('historySize', historySize, MAX_HISTORY);
  checkInteger('maxSeries', maxSeries, MAX_SERIES);
  checkOneOf('source', source, ['auto', 'linux', 'portable']);
  checkOneOf('scope', scope, ['auto', 'host', 'cgroup']);
  if (source === 'portable' && scope === 'cgroup') throw invalidOption('scope', scope, '"auto" or "host", as source is "portable", which knows no cgroups');
  checkStrings('filesystems', filesystems, 'paths');
  for (const path of filesystems) if (isMissing(path)) throw invalidOption('filesystems', path, 'paths that are there');
  checkStrings('anomalies', anomalies, 'names of series');
  if (typeof clock?.now !== 'function' || typeof clock.setInterval !== 'function' || typeof clock.setTimeout !== 'function') throw invalidOption('clock', clock, 'a Clock, with now(), setTimeout() and setInterval()');
  return {
    name,
    intervalMs,
    urgentIntervalMs,
    historySize,
    tiers: resolveTiers(tiers),
    maxSeries,
    source,
    scope,
    filesystems,
    thresholds: resolveThresholds(thresholds, intervalMs),
    rules,
    actions: { ...actions },
    actionTimeoutMs,
    anomalies,
    clock,
  };
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
