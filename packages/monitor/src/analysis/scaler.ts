import { invalidOption } from '../errors.js';
import { checkNames } from '../option-names.js';
import { Holt } from './holt.js';
import { SlidingExtreme } from './sliding-extreme.js';

export interface ScalerOptions {
  /** What one replica's metric should be, as in 0.6 for 60 % CPU. Above 0. */
  readonly target: number;
  /** Fewest and most replicas. Integers, 0 ≤ min ≤ max, max ≥ 1. */
  readonly min: number;
  readonly max: number;
  /** Within this share of the target nothing changes. From 0 up to 1. @default 0.1 */
  readonly toleranceRatio?: number;
  /** Scales up to no more than was wanted all this time, in ms, 0 or more. @default 0 */
  readonly scaleUpStabilizationMs?: number;
  /** Scales down to no less than was wanted at any time in it, in ms, 0 or more. @default 300_000 */
  readonly scaleDownStabilizationMs?: number;
  /** After any change, none down for so long, in ms, 0 or more. @default 0 */
  readonly coolDownMs?: number;
  /**
   * Looks ahead by the time a replica takes to start. `shadow` only keeps the score of what it would have done, `raise`
   * lets it add replicas to what the formula wants, and never take any away. @default 'off'
   */
  readonly predictive?: 'off' | 'shadow' | 'raise';
  /** How long a replica takes to start, in ms: how far ahead to look. Above 0. @default 60_000 */
  readonly startUpMs?: number;
}

export interface ScalerReading {
  /** Replicas there are now. An integer of 0 or more. */
  readonly replicas: number;
  /** The metric, on average over those. NaN: not known, nothing changes. */
  readonly value: number;
  /** On any clock that goes forward. */
  readonly nowMs: number;
}

export interface ScalingDecision {
  /** How many replicas there should be. */
  readonly replicas: number;
  readonly change: 'up' | 'down' | 'none';
  /** What the formula asks for, before stabilisation, bounds and cool-down. */
  readonly desired: number;
  /** What a look ahead asks for; `undefined` where it is off or knows too little. */
  readonly predicted: number | undefined;
  /** Why, as a sentence. */
  readonly reason: string;
}

/** How good the look ahead has been. Totals only grow. */
export interface PredictionScore {
  /** Predictions whose time has come. */
  readonly predictionsTotal: number;
  /** Mean absolute error, as a share of the load that came. NaN before the first. */
  readonly errorRatio: number;
  /** Of those that asked for more than the formula did: how often it was needed when the time came, and how often not. */
  readonly neededTotal: number;
  readonly wastedTotal: number;
}

export interface Scaler {
  /** Call it about evenly in time. @throws {MonitorError} `ERR_MONITOR_INVALID_OPTION` */
  decide(reading: ScalerReading): ScalingDecision;
  score(): PredictionScore;
}

const NAMES = ['target', 'min', 'max', 'toleranceRatio', 'scaleUpStabilizationMs', 'scaleDownStabilizationMs', 'coolDownMs', 'predictive', 'startUpMs'];

/**
 * Decides how many replicas there should be, as Kubernetes' HorizontalPodAutoscaler does: ceil(replicas × value / target),
 * with tolerance and stabilisation windows. It changes nothing itself.
 * @throws {MonitorError} `ERR_MONITOR_INVALID_OPTION`
 */
export function createScaler(options: ScalerOptions): Scaler {
  return new FormulaScaler(resolve(options));
}

function resolve(options: ScalerOptions): Required<ScalerOptions> {
  checkNames('scaler option', options, NAMES);
  const { target, min, max, toleranceRatio = 0.1, scaleUpStabilizationMs = 0, scaleDownStabilizationMs = 300_000, coolDownMs = 0, predictive = 'off', startUpMs = 60_000 } = options;
  if (!Number.isFinite(target) || target <= 0) throw invalidOption('target', target, 'a finite number above 0');
  if (!Number.isInteger(min) || min < 0) throw invalidOption('min', min, 'an integer of 0 or more');
  if (!Number.isInteger(max) || max < Math.max(1, min)) throw invalidOption('max', max, `an integer of at least 1 and min (${min})`);
  if (!Number.isFinite(toleranceRatio) || toleranceRatio < 0 || toleranceRatio >= 1) throw invalidOption('toleranceRatio', toleranceRatio, 'from 0 up to but not including 1');
  for (const [name, ms] of Object.entries({ scaleUpStabilizationMs, scaleDownStabilizationMs, coolDownMs })) if (!Number.isFinite(ms) || ms < 0) throw invalidOption(name, ms, '0 or more');
  if (!['off', 'shadow', 'raise'].includes(predictive)) throw invalidOption('predictive', predictive, '"off", "shadow" or "raise"');
  if (!Number.isFinite(startUpMs) || startUpMs <= 0) throw invalidOption('startUpMs', startUpMs, 'a finite number above 0');
  return { target, min, max, toleranceRatio, scaleUpStabilizationMs, scaleDownStabilizationMs, coolDownMs, predictive, startUpMs };
}

/** Values before a look ahead is worth anything. */
const LEAST_HISTORY = 8;

class FormulaScaler implements Scaler {
  readonly #options: Required<ScalerOptions>;
  /** What was wanted lately, over the stabilisation windows. */
  readonly #leastWanted: SlidingExtreme;
  readonly #mostWanted: SlidingExtreme;
  readonly #load = new Holt();
  readonly #pending: { readonly dueMs: number; readonly load: number; readonly predicted: number; readonly desired: number }[] = [];
  #readings = 0;
  #changedMs = -Infinity;
  #scored = 0;
  #errors = 0;
  #needed = 0;
  #wasted = 0;

  constructor(options: Required<ScalerOptions>) {
    this.#options = options;
    this.#leastWanted = new SlidingExtreme('least', options.scaleUpStabilizationMs);
    this.#mostWanted = new SlidingExtreme('greatest', options.scaleDownStabilizationMs);
  }

  decide(reading: ScalerReading): ScalingDecision {
    checkNames('reading', reading, ['replicas', 'value', 'nowMs']);
    const { replicas, value, nowMs } = reading;
    if (!Number.isInteger(replicas) || replicas < 0) throw invalidOption('replicas', replicas, 'an integer of 0 or more');
    if (!Number.isFinite(nowMs)) throw invalidOption('nowMs', nowMs, 'a time in ms');
    if (typeof value !== 'number') throw invalidOption('value', value, 'a number, NaN where it is not known');
    const { min, max } = this.#options;
    if (!Number.isFinite(value) || value < 0) return this.#settle(replicas, replicas, undefined, 'the metric has no value: nothing changes', nowMs);
    if (replicas < min || replicas > max) return this.#settle(replicas, replicas, undefined, `${replicas} is not within ${min} to ${max}`, nowMs);
    const ratio = value / this.#options.target;
    const within = Math.abs(ratio - 1) <= this.#options.toleranceRatio;
    const desired = within ? replicas : Math.ceil(replicas * ratio);
    const predicted = this.#predict(replicas * value, desired, nowMs);
    const raised = this.#options.predictive === 'raise' && predicted !== undefined && predicted > desired;
    const stable = this.#stabilize(replicas, raised ? predicted : desired, nowMs);
    const sentence = `${short(value)} is ${short(ratio * 100)} % of the target ${short(this.#options.target)}`;
    return this.#settle(replicas, desired, predicted, raised ? `${sentence}; ${predicted} will be needed when a replica has started` : sentence, nowMs, stable);
  }

  score(): PredictionScore {
    return { predictionsTotal: this.#scored, errorRatio: this.#errors / this.#scored, neededTotal: this.#needed, wastedTotal: this.#wasted };
  }

  /** Down to no less than anything wanted within its window, up to no more than everything wanted within its own. */
  #stabilize(replicas: number, wanted: number, nowMs: number): number {
    const least = this.#leastWanted.add(wanted, nowMs);
    const most = this.#mostWanted.add(wanted, nowMs);
    return wanted > replicas ? Math.max(replicas, least) : Math.min(replicas, most);
  }

  #settle(replicas: number, desired: number, predicted: number | undefined, why: string, nowMs: number, stable = desired): ScalingDecision {
    const { min, max, coolDownMs } = this.#options;
    const bounded = Math.min(max, Math.max(min, stable));
    const cooling = bounded < replicas && nowMs - this.#changedMs < coolDownMs;
    const next = cooling ? replicas : bounded;
    if (next !== replicas) this.#changedMs = nowMs;
    const held = cooling ? 'cooling down' : stable !== desired && stable === replicas && desired < replicas ? 'more was wanted a short time ago' : bounded === stable ? undefined : `bounded to ${min} to ${max}`;
    const reason = `${why}: ${replicas} ${next === replicas ? 'stay' : `become ${next}`}${held === undefined ? '' : ` (${held})`}`;
    return { replicas: next, change: next > replicas ? 'up' : next < replicas ? 'down' : 'none', desired, predicted, reason };
  }

  /** The whole load, when a replica started now is ready, by its level and slope and one mean error more. */
  #predict(load: number, desired: number, nowMs: number): number | undefined {
    const { predictive, startUpMs, target } = this.#options;
    if (predictive === 'off') return undefined;
    this.#judge(load, nowMs);
    this.#load.add(load, nowMs);
    this.#readings += 1;
    if (this.#readings < LEAST_HISTORY) return undefined;
    const dueMs = nowMs + startUpMs;
    const expected = Math.max(0, this.#load.at(dueMs) + this.#load.meanError);
    const predicted = Math.ceil(expected / target);
    this.#pending.push({ dueMs, load: expected, predicted, desired });
    return predicted;
  }

  #judge(load: number, nowMs: number): void {
    for (let due = this.#pending[0]; due !== undefined && due.dueMs <= nowMs; due = this.#pending[0]) {
      this.#pending.shift();
      this.#scored += 1;
      this.#errors += load === 0 ? (due.load === 0 ? 0 : 1) : Math.abs(due.load - load) / load;
      if (due.predicted <= due.desired) continue;
      if (load > due.desired * this.#options.target) this.#needed += 1;
      else this.#wasted += 1;
    }
  }
}

const short = (value: number): string => String(Number(value.toPrecision(3)));
