import type { Labels } from '../series.js';
import type { Expression } from './expression/syntax.js';
import type { Timing } from './lifecycle.js';
import type { Template } from './template.js';

/** A name in a file of rules, with its place. */
export interface Mention {
  readonly name: string;
  readonly line: number;
  readonly column: number;
}

/** Alerts that are told to nobody while this rule's alert fires. */
export interface Inhibition {
  readonly alert: Mention;
  /** Labels whose values must be the same in both. */
  readonly equal: readonly string[];
}

/** What becomes of a rule that has no value to judge: go on as before, end its alerts, or fire one. */
export type NoData = 'keep' | 'resolve' | 'fire';

export interface Rule extends Timing {
  readonly group: RuleGroup;
  readonly alert: Mention;
  readonly expression: Expression;
  /** Hysteresis: what must be so before a firing alert is over; without it, that the expression no longer is. */
  readonly clear: Expression | undefined;
  readonly noData: NoData;
  readonly labels: Labels;
  readonly annotations: Readonly<Record<string, Template>>;
  readonly actions: readonly Mention[];
  readonly inhibit: readonly Inhibition[];
  /** Series named in the expression; the first is what the alert is said to be about. */
  readonly metrics: readonly Mention[];
}

export interface RuleGroup {
  readonly name: string;
  /** How often its rules are judged; 0: at every sample. */
  readonly intervalMs: number;
  /** Alerts with the same values of these labels are told of together. */
  readonly groupBy: readonly string[];
  /** How long a first alert waits for others to be told of with it. */
  readonly groupWaitMs: number;
  /** The least time between two tellings of the same group. */
  readonly groupIntervalMs: number;
  /** After which a group that still fires is told of again; Infinity: never. */
  readonly repeatIntervalMs: number;
}

/** Rules as they were loaded from one file. */
export interface RuleSet {
  readonly file: string;
  readonly rules: readonly Rule[];
  /** That every action the rules name is among these. @throws {MonitorError} `ERR_MONITOR_INVALID_RULES` */
  checkActions(names: readonly string[]): void;
}
