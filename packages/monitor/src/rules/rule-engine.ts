import type { Registry } from '../registry.js';
import type { Alert } from './alert.js';
import type { Rule, RuleSet } from './rule.js';
import { RuleWatch } from './rule-watch.js';

/** An alert and the rule it comes of; of a threshold there is none. */
export interface Raised {
  readonly alert: Alert;
  readonly rule: Rule | undefined;
}

/** Steps rules through time. Knows no timer and tells nobody: whoever has a registry and a time can drive it. */
export class RuleEngine {
  #watches: readonly RuleWatch[] = [];
  /** Of rules that are no more, until the next judgement tells that their alerts are over. */
  #removed: RuleWatch[] = [];
  /** So far apart that no sum of versions is met twice. */
  #loads = 0;
  /** How many rules let an alert fire: two with the same name and labels are one alert. */
  readonly #firing = new Map<string, number>();

  get size(): number {
    return this.#watches.length;
  }

  /** Rules that had nothing to judge by, the last time. */
  get withoutData(): number {
    let count = 0;
    for (const watch of this.#watches) if (watch.withoutData) count += 1;
    return count;
  }

  /** Replaces all rules. Those of the same group, name and labels go on where they are, whatever else changed. */
  load({ rules }: RuleSet): void {
    const before = new Map(this.#watches.map((watch) => [RuleWatch.keyOf(watch.rule), watch]));
    this.#watches = rules.map((rule) => {
      const key = RuleWatch.keyOf(rule);
      const known = before.get(key);
      before.delete(key);
      return new RuleWatch(rule, known);
    });
    this.#removed.push(...before.values());
    this.#loads += 2 ** 32;
  }

  /** Changes whenever what is pending or firing may have. */
  get version(): number {
    let sum = this.#loads;
    for (const watch of this.#watches) sum += watch.version;
    return sum;
  }

  /** Alerts pending or firing, each once. */
  *active(): Iterable<Raised> {
    const seen = new Set<string>();
    for (const watch of this.#watches)
      for (const alert of watch.active()) {
        if (seen.has(alert.fingerprint)) continue;
        seen.add(alert.fingerprint);
        yield { alert, rule: watch.rule };
      }
  }

  /** What began to fire and what resolved. */
  judge(registry: Registry, nowMs: number): readonly Raised[] {
    if (this.#watches.length + this.#removed.length === 0) return NONE;
    const changes: Raised[] = [];
    for (const watch of this.#removed.splice(0)) watch.end(nowMs, (alert) => this.#change(alert, watch.rule, changes));
    const moment = { registry, nowMs };
    for (const watch of this.#watches) watch.judge(moment, (alert) => this.#change(alert, watch.rule, changes));
    return changes;
  }

  #change(alert: Alert, rule: Rule, changes: Raised[]): void {
    const { fingerprint, state } = alert;
    const before = this.#firing.get(fingerprint) ?? 0;
    const after = state === 'firing' ? before + 1 : before - 1;
    if (after > 0) this.#firing.set(fingerprint, after);
    else this.#firing.delete(fingerprint);
    if (state === 'firing' ? before === 0 : after <= 0) changes.push({ alert, rule });
  }
}

const NONE: readonly Raised[] = [];
