import { seriesName, type Labels, type Unit } from '../series.js';
import type { Alert } from './alert.js';
import { keyOf, noLabels, type Element } from './expression/element.js';
import { compile, type Evaluation, type Moment } from './expression/evaluate.js';
import { unitOf } from './expression/unit.js';
import { inactive, step, type Condition, type Phase } from './lifecycle.js';
import { lasting, quantity } from '../quantity.js';
import type { Rule } from './rule.js';

/** What a rule says of one thing: of one set of labels. */
interface Instance {
  readonly labels: Labels;
  phase: Phase;
  alert: Alert | undefined;
  /** Number of the judgement that last had a value or a gap for it. */
  seenIn: number;
}

/** Timers are never exact: a sample that is so much early is the one that is due, or every second one would be. */
const EARLY = 0.95;

/** One rule stepped through time: an alert for each set of labels its expression gives. */
export class RuleWatch {
  readonly rule: Rule;
  readonly #evaluate: Evaluation;
  readonly #evaluateClear: Evaluation | undefined;
  readonly #instances: Map<string, Instance>;
  #judgements = 0;
  #version = 0;
  #judgedMs = -Infinity;
  #withoutData = true;

  /** With the alerts of `before`, an earlier version of the same rule. */
  constructor(rule: Rule, before?: RuleWatch) {
    this.rule = rule;
    this.#evaluate = compile(rule.expression);
    this.#evaluateClear = rule.clear && compile(rule.clear);
    this.#instances = before === undefined ? new Map() : before.#instances;
    this.#judgements = before === undefined ? 0 : before.#judgements;
  }

  /** The same for every version of a rule. */
  static keyOf({ group, alert, labels }: Rule): string {
    return JSON.stringify([group.name, seriesName(alert.name, labels)]);
  }

  /** Whether there was nothing to judge by, the last time. */
  get withoutData(): boolean {
    return this.#withoutData;
  }

  /** Grows whenever what is pending or firing changes. */
  get version(): number {
    return this.#version;
  }

  /** Alerts pending or firing. */
  *active(): Iterable<Alert> {
    for (const { alert } of this.#instances.values()) if (alert !== undefined) yield alert;
  }

  /** Alerts that began to fire, or resolved. */
  judge(moment: Moment, changed: (alert: Alert) => void): void {
    if (moment.nowMs - this.#judgedMs < EARLY * this.rule.group.intervalMs) return;
    this.#judgedMs = moment.nowMs;
    this.#judgements += 1;
    const elements = this.#evaluate(moment);
    this.#withoutData = elements.every(({ value }) => Number.isNaN(value));
    for (const element of elements) this.#judgeElement(element, moment, changed);
    if (elements.length === 0 && this.rule.noData === 'fire') this.#judgeElement(NOTHING, moment, changed);
    if (this.#instances.size > 0) this.#endUnseen(moment, changed);
  }

  /** The rule is no more: what fires is over. */
  end(nowMs: number, changed: (alert: Alert) => void): void {
    for (const { alert } of this.#instances.values()) if (alert?.state === 'firing') changed(resolved(alert, undefined, nowMs, 'its rule was removed'));
    this.#instances.clear();
    this.#version += 1;
  }

  #judgeElement(element: Element, moment: Moment, changed: (alert: Alert) => void): void {
    const key = keyOf(element.labels);
    let instance = this.#instances.get(key);
    const condition = this.#condition(element, instance?.phase.state === 'firing', moment);
    if (instance === undefined) {
      if (condition !== 'met') return; // All is well, as nearly always.
      this.#instances.set(key, (instance = { labels: this.#labelsOf(element.labels), phase: inactive, alert: undefined, seenIn: 0 }));
    }
    instance.seenIn = this.#judgements;
    this.#step(instance, key, condition, element, moment, changed);
  }

  #condition({ labels, value, holds }: Element, firing: boolean, moment: Moment): Condition {
    if (Number.isNaN(value)) return ({ keep: 'unknown', resolve: 'clear', fire: 'met' } as const)[this.rule.noData];
    if (holds) return 'met';
    if (this.#evaluateClear === undefined || !firing) return 'clear';
    const clears = this.#evaluateClear(moment);
    const key = keyOf(labels);
    const clear = clears.find((each) => keyOf(each.labels) === key) ?? (clears.length === 1 ? clears[0] : undefined);
    if (clear === undefined || Number.isNaN(clear.value)) return 'unknown';
    return clear.holds ? 'clear' : 'holding';
  }

  #step(instance: Instance, key: string, condition: Condition, element: Element, moment: Moment, changed: (alert: Alert) => void): void {
    const { nowMs } = moment;
    const before = instance.alert;
    const phase = (instance.phase = step(instance.phase, condition, this.rule, nowMs));
    if (phase.state === 'inactive') {
      this.#instances.delete(key);
      this.#version += 1;
      if (before?.state === 'firing') changed(resolved(before, Number.isNaN(element.value) ? undefined : element.value, nowMs));
      return;
    }
    if (before?.state === phase.state) return;
    this.#version += 1;
    instance.alert = this.#raised(instance, phase.state, element, moment);
    if (phase.state === 'firing') changed(instance.alert);
  }

  /** Labels that the expression no longer gives: what they named is gone, and would never be heard of again. */
  #endUnseen({ nowMs }: Moment, changed: (alert: Alert) => void): void {
    for (const [key, { alert, seenIn }] of this.#instances) {
      if (seenIn === this.#judgements) continue;
      this.#instances.delete(key);
      this.#version += 1;
      if (alert?.state === 'firing') changed(resolved(alert, undefined, nowMs, 'what it was about is gone'));
    }
  }

  #labelsOf(labels: Labels): Labels {
    return { ...labels, ...this.rule.labels, alertname: this.rule.alert.name };
  }

  #raised({ labels, phase }: Instance, state: 'pending' | 'firing', { labels: own, value }: Element, { registry, nowMs }: Moment): Alert {
    const { rule } = this;
    const metric = rule.metrics[0]?.name ?? '';
    const full = seriesName(metric, own);
    const unitOfMetric = (name: string): Unit | undefined => registry.ofMetric(name)[0]?.unit;
    const unit = unitOf(rule.expression, unitOfMetric);
    const annotations = Object.fromEntries(Object.entries(rule.annotations).map(([name, template]) => [name, template({ labels, value })]));
    const finding = Number.isNaN(value) ? 'no data' : quantity(value, unit);
    const lasted = state === 'firing' ? lasting(nowMs - phase.sinceMs) : ` unless it ends within ${rule.forMs / 1_000} s`;
    return {
      fingerprint: `rule:${seriesName(rule.alert.name, labels)}`,
      name: rule.alert.name,
      labels,
      annotations,
      series: registry.find(full) === undefined ? metric : full,
      unit,
      severity: labels['severity'] ?? 'warning',
      state,
      value: Number.isNaN(value) ? undefined : value,
      bound: undefined,
      direction: undefined,
      startedAtMs: phase.sinceMs,
      changedAtMs: nowMs,
      suppressedBy: undefined,
      message: annotations['summary'] ?? `${seriesName(rule.alert.name, own)}: ${finding}${lasted}`,
    };
  }
}

const NOTHING: Element = { labels: noLabels, value: Number.NaN, holds: false };

function resolved(alert: Alert, value: number | undefined, nowMs: number, why = 'no longer'): Alert {
  return { ...alert, state: 'resolved', value, changedAtMs: nowMs, message: `${alert.message}${lasting(nowMs - alert.changedAtMs)}, ${why}` };
}
