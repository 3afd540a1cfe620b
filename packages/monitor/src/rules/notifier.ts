import { seriesName } from '../series.js';
import type { Alert } from './alert.js';
import { isInhibited } from './inhibition.js';
import { AlertGroup, type Notification } from './notification.js';
import type { Rule } from './rule.js';
import type { Raised } from './rule-engine.js';
import type { Silences } from './silences.js';

/** Where news goes. */
export interface Audience {
  /** An alert began to fire, changed its severity or resolved. */
  tell(alert: Alert): void;
  /** A group of alerts is due for an action. */
  act(notification: Notification): void;
}

/**
 * Decides who is told of what: each alert once, unless a silence or another alert inhibits it; and to actions in groups.
 * An alert whose suppression ends while it fires is told of then; one that nobody heard of resolves unheard.
 */
export class Notifier {
  readonly #silences: Silences;
  readonly #audience: Audience;
  /** By fingerprint, as last told. */
  readonly #told = new Map<string, Alert>();
  readonly #groups = new Map<string, AlertGroup>();
  #suppressed = 0;

  constructor(silences: Silences, audience: Audience) {
    this.#silences = silences;
    this.#audience = audience;
  }

  /** Alerts that fire and that nobody is told of. */
  get suppressed(): number {
    return this.#suppressed;
  }

  /** `firing` is all that fires now, `resolved` what just did. */
  update(firing: readonly Raised[], resolved: readonly Raised[], nowMs: number): void {
    this.#suppressed = 0;
    if (this.#groups.size > 0 && firing.length + resolved.length === 0) this.#actDue(NONE, nowMs);
    if (firing.length + resolved.length === 0) return;
    const inhibiting = firing.some(inhibits) ? firing.filter(inhibits) : NONE;
    for (const { alert, rule } of resolved) {
      if (this.#told.delete(alert.fingerprint)) this.#tell(alert, rule, nowMs);
    }
    for (const { alert, rule } of firing) {
      if (this.#suppression(alert, inhibiting, nowMs) !== undefined) this.#suppressed += 1;
      else if (this.#told.get(alert.fingerprint)?.severity !== alert.severity) {
        this.#told.set(alert.fingerprint, alert);
        this.#tell(alert, rule, nowMs);
      }
    }
    if (this.#groups.size > 0) this.#actDue(inhibiting, nowMs);
  }

  /** The alerts as they are, with why nobody is told of them. */
  marked(raised: readonly Raised[], nowMs: number): Alert[] {
    const inhibiting = raised.filter(({ alert }) => alert.state === 'firing').filter(inhibits);
    return raised.map(({ alert }) => {
      const suppressedBy = this.#suppression(alert, inhibiting, nowMs);
      return suppressedBy === undefined ? alert : { ...alert, suppressedBy };
    });
  }

  #suppression(alert: Alert, inhibiting: readonly (Raised & { readonly rule: Rule })[], nowMs: number): Alert['suppressedBy'] {
    if (this.#silences.match(alert.labels, nowMs)) return 'silence';
    return isInhibited(alert, inhibiting) ? 'inhibition' : undefined;
  }

  #tell(alert: Alert, rule: Rule | undefined, nowMs: number): void {
    this.#audience.tell(alert);
    for (const { name } of rule?.actions ?? []) if (rule !== undefined) this.#groupOf(name, rule, alert).add(alert, nowMs);
  }

  #groupOf(action: string, { group }: Rule, alert: Alert): AlertGroup {
    const labels = AlertGroup.labelsOf(group, alert);
    const key = JSON.stringify([action, group.name, seriesName('', labels)]);
    let found = this.#groups.get(key);
    if (found === undefined) this.#groups.set(key, (found = new AlertGroup(action, group, labels)));
    return found;
  }

  #actDue(inhibiting: readonly (Raised & { readonly rule: Rule })[], nowMs: number): void {
    const isSuppressed = (alert: Alert): boolean => this.#suppression(alert, inhibiting, nowMs) !== undefined;
    for (const [key, group] of this.#groups) {
      const notification = group.due(nowMs, isSuppressed);
      if (notification !== undefined) this.#audience.act(notification);
      if (group.isEmpty) this.#groups.delete(key);
    }
  }
}

const NONE: readonly (Raised & { readonly rule: Rule })[] = [];

const inhibits = (raised: Raised): raised is Raised & { readonly rule: Rule } => raised.rule !== undefined && raised.rule.inhibit.length > 0;
