import type { Series, Unit } from '../series.js';
import type { Alert } from './alert.js';
import { inactive, step, type Phase } from './lifecycle.js';
import { lasting, quantity } from '../quantity.js';
import { conditionOf, type Bound, type ResolvedThreshold, type ThresholdSeverity } from './threshold.js';

/** What thresholds are judged by: the series of that name and its value of now, NaN if it has none. */
export interface Readings {
  find(name: string): Series | undefined;
  latest(series: Series): number;
}

/** Steps every threshold through time, and tells what changed. */
export class Thresholds {
  readonly #watches: readonly Watch[];
  #withoutData: number;
  #version = 0;

  constructor(thresholds: readonly ResolvedThreshold[]) {
    this.#watches = thresholds.map((threshold) => new Watch(threshold));
    this.#withoutData = thresholds.length;
  }

  /** Thresholds that had no value to judge, the last time. */
  get withoutData(): number {
    return this.#withoutData;
  }

  /** Grows whenever what is pending or firing changes. */
  get version(): number {
    return this.#version;
  }

  /** Alerts pending or firing. */
  active(): Alert[] {
    return this.#watches.flatMap(({ alert }) => alert ?? []);
  }

  /** Alerts to tell of: those that began to fire, changed their severity or resolved. Nearly always none. */
  evaluate(readings: Readings, nowMs: number): readonly Alert[] {
    let news: Alert[] | undefined;
    this.#withoutData = 0;
    for (const watch of this.#watches) {
      const series = readings.find(watch.series);
      const value = series === undefined ? Number.NaN : readings.latest(series);
      if (Number.isNaN(value)) this.#withoutData += 1;
      const before = watch.alert;
      const change = watch.evaluate(series?.unit, value, nowMs);
      if (watch.alert !== before) this.#version += 1;
      if (change !== undefined) (news ??= []).push(change);
    }
    return news ?? NO_NEWS;
  }
}

const NO_NEWS: readonly Alert[] = [];

interface Level {
  readonly severity: ThresholdSeverity;
  readonly bound: Bound;
  phase: Phase;
}

/** One threshold: a phase for each of its bounds, and the one alert they add up to. */
class Watch {
  readonly series: string;
  readonly #threshold: ResolvedThreshold;
  readonly #levels: readonly Level[];
  /** Pending or firing; `undefined` while every bound is inactive. */
  alert: Alert | undefined;

  constructor(threshold: ResolvedThreshold) {
    this.series = threshold.series;
    this.#threshold = threshold;
    this.#levels = threshold.bounds.map((bound) => ({ ...bound, phase: inactive }));
  }

  /** The alert, if it is to be told of. Without a `unit` there is no such series, or no longer. */
  evaluate(unit: Unit | undefined, value: number, nowMs: number): Alert | undefined {
    // A series that is gone never comes back behind the bound: nothing else would ever resolve its alert.
    for (const level of this.#levels) level.phase = unit === undefined ? inactive : step(level.phase, conditionOf(level.bound, value), level.bound, nowMs);
    const before = this.alert;
    const top = this.#levels.findLast(isFiring) ?? this.#levels.findLast(isPending);
    if (top === undefined || unit === undefined) {
      this.alert = undefined;
      return before?.state === 'firing' ? this.#resolved(before, value, nowMs) : undefined;
    }
    const state = isFiring(top) ? 'firing' : 'pending';
    if (before?.state === state && before.severity === top.severity) return undefined;
    this.alert = this.#raised(top, state, unit, value, nowMs);
    return state === 'firing' ? this.alert : undefined;
  }

  #raised({ severity, bound }: Level, state: 'pending' | 'firing', unit: Unit, value: number, nowMs: number): Alert {
    const { fingerprint, series, direction } = this.#threshold;
    const startedAtMs = Math.min(...this.#levels.map(({ phase }) => phase.sinceMs));
    const rule = `${direction} ${quantity(bound.value, unit)}`;
    const finding = state === 'firing' ? `${severity}${lasting(nowMs - startedAtMs)} (${rule})` : `${severity} if ${rule}${lasting(bound.forMs)}`;
    const message = `${series} is ${quantity(value, unit)}: ${finding}`;
    return {
      fingerprint,
      name: series,
      labels: { alertname: series, severity },
      annotations: {},
      series,
      unit,
      severity,
      state,
      value,
      bound: bound.value,
      direction,
      startedAtMs,
      changedAtMs: nowMs,
      suppressedBy: undefined,
      message,
    };
  }

  #resolved(alert: Alert, value: number, nowMs: number): Alert {
    const { series, severity, unit, startedAtMs } = alert;
    const finding = Number.isNaN(value) ? 'is gone' : `is ${quantity(value, unit)}`;
    const message = `${series} ${finding}: ${severity}${lasting(nowMs - startedAtMs)}, no longer`;
    return { ...alert, state: 'resolved', value: Number.isNaN(value) ? undefined : value, changedAtMs: nowMs, message };
  }
}

const isFiring = ({ phase }: Level): boolean => phase.state === 'firing';
const isPending = ({ phase }: Level): boolean => phase.state === 'pending';
