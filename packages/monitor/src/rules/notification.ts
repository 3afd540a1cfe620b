import type { Labels } from '../series.js';
import type { Alert } from './alert.js';
import type { RuleGroup } from './rule.js';

/** What an action is told: the alerts of one group that changed together, and those of it that still fire. */
export interface Notification {
  /** Name of the action, as the rules have it. */
  readonly action: string;
  /** Name of the rules' group. */
  readonly group: string;
  /** Values of its `group_by`. */
  readonly labels: Labels;
  /** `firing` if any of the alerts does. */
  readonly state: 'firing' | 'resolved';
  readonly alerts: readonly Alert[];
  /** When it became due, on the monitor's clock. */
  readonly atMs: number;
}

/** Alerts of one action, group and values of `group_by`, gathered until they are due. */
export class AlertGroup {
  readonly #action: string;
  readonly #group: RuleGroup;
  readonly #labels: Labels;
  /** All that fire, and those that resolved since the last telling. */
  readonly #alerts = new Map<string, Alert>();
  #changedMs = Infinity;
  #toldMs = -Infinity;

  constructor(action: string, group: RuleGroup, labels: Labels) {
    this.#action = action;
    this.#group = group;
    this.#labels = labels;
  }

  static labelsOf({ groupBy }: RuleGroup, alert: Alert): Labels {
    return Object.fromEntries(groupBy.map((label) => [label, alert.labels[label] ?? '']));
  }

  get isEmpty(): boolean {
    return this.#alerts.size === 0;
  }

  add(alert: Alert, nowMs: number): void {
    // Begun and ended before anybody was told: there is nothing to tell.
    if (alert.state === 'resolved' && this.#toldMs === -Infinity) {
      this.#alerts.delete(alert.fingerprint);
      return;
    }
    this.#alerts.set(alert.fingerprint, alert);
    this.#changedMs = Math.min(this.#changedMs, nowMs);
  }

  #dueMs(): number {
    const { groupWaitMs, groupIntervalMs, repeatIntervalMs } = this.#group;
    if (this.#toldMs === -Infinity) return this.#changedMs + groupWaitMs;
    return Math.min(this.#toldMs + repeatIntervalMs, Math.max(this.#changedMs, this.#toldMs + groupIntervalMs));
  }

  /** What is to be told now, if anything: nothing again of what has been suppressed since. */
  due(nowMs: number, isSuppressed: (alert: Alert) => boolean): Notification | undefined {
    if (this.#alerts.size === 0) return undefined;
    if (nowMs < this.#dueMs()) return undefined;
    const alerts = [...this.#alerts.values()].filter((alert) => alert.state === 'resolved' || !isSuppressed(alert));
    if (alerts.length === 0) return undefined;
    this.#toldMs = nowMs;
    this.#changedMs = Infinity;
    for (const { fingerprint, state } of alerts) if (state === 'resolved') this.#alerts.delete(fingerprint);
    return { action: this.#action, group: this.#group.name, labels: this.#labels, state: alerts.some(({ state }) => state === 'firing') ? 'firing' : 'resolved', alerts, atMs: nowMs };
  }
}
