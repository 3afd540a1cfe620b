import { ActionRunner, type Action } from './actions/action-runner.js';
import type { Clock } from './clock.js';
import { alertFired, alertResolved, sourceFailed } from './events.js';
import { invalidOption } from './errors.js';
import { Listeners } from './listeners.js';
import type { Registry } from './registry.js';
import type { Alert, AlertListener } from './rules/alert.js';
import { Notifier } from './rules/notifier.js';
import { RuleEngine, type Raised } from './rules/rule-engine.js';
import { parseRules } from './rules/rule-file.js';
import type { RuleSet } from './rules/rule.js';
import { Silences, type Silence, type SilenceOptions } from './rules/silences.js';
import type { ResolvedThreshold } from './rules/threshold.js';
import { Thresholds } from './rules/thresholds.js';
import type { MonitorStats } from './stats.js';

interface AlertingOptions {
  readonly monitor: string;
  readonly thresholds: readonly ResolvedThreshold[];
  readonly actions: Readonly<Record<string, Action>>;
  readonly actionTimeoutMs: number;
  readonly clock: Clock;
}

const NONE: readonly Raised[] = [];
const ofThreshold = (alert: Alert): Raised => ({ alert, rule: undefined });

/** From values to people: thresholds and rules, judged at every sample, and whoever is told of what they find. */
export class Alerting {
  readonly #thresholds: Thresholds;
  readonly #rules = new RuleEngine();
  readonly #silences = new Silences();
  readonly #notifier: Notifier;
  readonly #actions: ActionRunner;
  readonly #listeners: Listeners;
  #pending = 0;
  #firing: readonly Raised[] = NONE;
  /** Of what is pending or firing, when that was last looked up. */
  #version = 0;

  constructor({ monitor, thresholds, actions, actionTimeoutMs, clock }: AlertingOptions) {
    this.#thresholds = new Thresholds(thresholds);
    this.#listeners = new Listeners((error) => sourceFailed(monitor, 'listener', error));
    this.#actions = new ActionRunner(actions, actionTimeoutMs, clock, (action, error) => sourceFailed(monitor, `action ${action}`, error));
    this.#notifier = new Notifier(this.#silences, {
      tell: (alert) => {
        if (alert.state === 'resolved') alertResolved(monitor, alert);
        else alertFired(monitor, alert);
        this.#listeners.notify(alert);
      },
      act: (notification) => this.#actions.run(notification),
    });
  }

  /** Whether any alert may soon fire: worth looking more often. */
  get hasPending(): boolean {
    return this.#pending > 0;
  }

  get stats(): Pick<MonitorStats, 'alertsPending' | 'alertsFiring' | 'alertsSuppressed' | 'silences' | 'rules' | 'rulesWithoutData' | 'thresholdsWithoutData' | 'notificationsTotal' | 'listenerFailuresTotal' | 'pendingListeners' | 'actionRunsTotal' | 'actionFailuresTotal' | 'runningActions'> {
    return {
      alertsPending: this.#pending,
      alertsFiring: this.#firing.length,
      alertsSuppressed: this.#notifier.suppressed,
      silences: this.#silences.size,
      rules: this.#rules.size,
      rulesWithoutData: this.#rules.withoutData,
      thresholdsWithoutData: this.#thresholds.withoutData,
      notificationsTotal: this.#listeners.notificationsTotal,
      listenerFailuresTotal: this.#listeners.failuresTotal,
      pendingListeners: this.#listeners.pending,
      actionRunsTotal: this.#actions.runsTotal,
      actionFailuresTotal: this.#actions.failuresTotal,
      runningActions: this.#actions.running,
    };
  }

  /** @throws {MonitorError} `ERR_MONITOR_INVALID_RULES`; the rules before then stay. */
  load(rules: string | RuleSet, file: string): void {
    this.#rules.load(this.parse(rules, file));
  }

  /** Rules ready to use here: every action they name is registered. @throws {MonitorError} `ERR_MONITOR_INVALID_RULES`, `ERR_MONITOR_INVALID_OPTION` */
  parse(rules: string | RuleSet, file: string): RuleSet {
    if (typeof rules === 'string') return parseRules(rules, { file, actions: this.#actions.names });
    if (typeof rules?.checkActions !== 'function') throw invalidOption('rules', rules, 'the text of a YAML file, or what parseRules() gives');
    rules.checkActions(this.#actions.names);
    return rules;
  }

  judge(registry: Registry, nowMs: number): void {
    const changes = this.#thresholds.evaluate(registry, nowMs);
    const ruled = this.#rules.judge(registry, nowMs);
    const version = this.#thresholds.version + this.#rules.version;
    // Nearly always nothing has changed: then a sample costs no memory here.
    if (version !== this.#version) {
      this.#version = version;
      const active = this.#active();
      this.#firing = active.filter(({ alert }) => alert.state === 'firing');
      this.#pending = active.length - this.#firing.length;
    }
    const resolved = changes.length + ruled.length === 0 ? NONE : [...changes.map(ofThreshold), ...ruled].filter(({ alert }) => alert.state === 'resolved');
    this.#notifier.update(this.#firing, resolved, nowMs);
  }

  active(nowMs: number): Alert[] {
    return this.#notifier.marked(this.#active(), nowMs);
  }

  onAlert(listener: AlertListener): () => void {
    return this.#listeners.add(listener);
  }

  silence(options: SilenceOptions, nowMs: number): Silence {
    return this.#silences.add(options, nowMs);
  }

  silences(nowMs: number): readonly Silence[] {
    return this.#silences.list(nowMs);
  }

  close(): void {
    this.#actions.close();
  }

  #active(): Raised[] {
    return [...this.#thresholds.active().map(ofThreshold), ...this.#rules.active()];
  }
}

