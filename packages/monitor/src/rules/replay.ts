import type { Registry } from '../registry.js';
import type { Series } from '../series.js';
import type { Alert } from './alert.js';
import { Notifier } from './notifier.js';
import type { Notification } from './notification.js';
import { RuleEngine } from './rule-engine.js';
import type { RuleSet } from './rule.js';
import { Silences } from './silences.js';

/** What rules would have done. */
export interface DryRun {
  /** What would have been told, in order: alerts that began to fire, and those that resolved. Inhibited ones are not among them. */
  readonly alerts: readonly Alert[];
  /** What actions would have been given. None is run. */
  readonly notifications: readonly Notification[];
  /** Alerts pending or firing at the end. */
  readonly active: readonly Alert[];
  /** Samples judged. */
  readonly samples: number;
  /** Before this, samples are means of a tier; -Infinity where all are as they were taken. */
  readonly coarseBeforeMs: number;
}

/** One moment to replay: the values of the series that had one. */
interface Moment {
  readonly timeMs: number;
  readonly values: (readonly [series: Series, value: number])[];
}

/** Plays a history to rules, as if it happened now, from `fromMs` to `toMs`. What lies before is there for windows to look back at. */
export function replay(history: Registry, rules: RuleSet, fromMs: number, toMs: number): DryRun {
  const registry = history.empty();
  const copies = new Map<Series, Series>();
  const player = new RulePlayer(registry, rules);
  let samples = 0;
  const moments = momentsOf(history, rules);
  for (const { timeMs, values } of moments.list) {
    if (timeMs > toMs) break;
    registry.begin(timeMs);
    for (const [series, value] of values) {
      let copy = copies.get(series);
      if (copy === undefined) copies.set(series, (copy = registry.adopt(series)));
      registry.record(copy, value);
    }
    registry.commit();
    if (timeMs < fromMs) continue;
    samples += 1;
    player.judge(timeMs);
  }
  return { ...player.result(), samples, coarseBeforeMs: moments.coarseBeforeMs };
}

function momentsOf(history: Registry, { rules }: RuleSet): { readonly list: readonly Moment[]; readonly coarseBeforeMs: number } {
  const metrics = new Set(rules.flatMap((rule) => rule.metrics.map(({ name }) => name)));
  const series = history.all().filter(({ metric }) => metrics.has(metric));
  const moments = new Map<number, Moment>();
  const momentAt = (timeMs: number): Moment => {
    let moment = moments.get(timeMs);
    if (moment === undefined) moments.set(timeMs, (moment = { timeMs, values: [] }));
    return moment;
  };
  const { history: times } = history;
  const oldestMs = times.count === 0 ? Infinity : times.timeMs(times.first);
  for (const each of series) for (const { timeMs, value } of history.older(each, -Infinity)) momentAt(timeMs).values.push([each, value]);
  const coarse = moments.size > 0;
  // Every sample is a moment, also those in which none of these series had a value: no data is something to judge too.
  for (let sample = times.first; sample < times.count; sample += 1) {
    const { values } = momentAt(times.timeMs(sample));
    for (const each of series) {
      const value = each.values[sample % times.capacity] ?? Number.NaN;
      if (!Number.isNaN(value)) values.push([each, value]);
    }
  }
  return { list: [...moments.values()].sort((one, other) => one.timeMs - other.timeMs), coarseBeforeMs: coarse ? oldestMs : -Infinity };
}

/** Rules, and what they would tell, without anybody who hears it. */
export class RulePlayer {
  readonly #registry: Registry;
  readonly #engine = new RuleEngine();
  readonly #notifier: Notifier;
  readonly #alerts: Alert[] = [];
  readonly #notifications: Notification[] = [];
  #nowMs = -Infinity;

  constructor(registry: Registry, rules: RuleSet) {
    this.#registry = registry;
    this.#engine.load(rules);
    this.#notifier = new Notifier(new Silences(), { tell: (alert) => void this.#alerts.push(alert), act: (notification) => void this.#notifications.push(notification) });
  }

  judge(nowMs: number): void {
    this.#nowMs = nowMs;
    const changes = this.#engine.judge(this.#registry, nowMs);
    const firing = [...this.#engine.active()].filter(({ alert }) => alert.state === 'firing');
    this.#notifier.update(firing, changes.filter(({ alert }) => alert.state === 'resolved'), nowMs);
  }

  active(): readonly Alert[] {
    return this.#notifier.marked([...this.#engine.active()], this.#nowMs);
  }

  result(): Pick<DryRun, 'alerts' | 'notifications' | 'active'> {
    return { alerts: this.#alerts, notifications: this.#notifications, active: this.active() };
  }
}

