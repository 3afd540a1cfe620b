import { invalidModel } from '../errors.js';
import { YARDSTICKS, type NameRecord } from './name-model.js';

export const FORMAT = 'fog-scheduler-model';
export const VERSION = 1;

/** A running quantile: where it stands, and how many values brought it there. */
type Learned = readonly [value: number, count: number];

export interface PriorModel {
  readonly all: Learned | null;
  readonly request: Learned;
  readonly above: Learned;
  readonly below: Learned;
  readonly tenants: Readonly<Record<string, Learned>>;
}

/** What the learned estimator exports; logarithms of ms. */
export interface Model {
  readonly format: typeof FORMAT;
  readonly version: typeof VERSION;
  readonly prior: PriorModel;
  /** Mean squared error of predictions from runs of the name, and from the prior. */
  readonly squaredErrors: readonly [named: number, prior: number];
  readonly spread: readonly [above: Learned, below: Learned];
  readonly names: Readonly<Record<string, NameRecord>>;
}

/** A model comes from a file: nothing of its shape is taken for granted. */
export function checkModel(model: unknown): asserts model is Model {
  const { format, version, prior, squaredErrors, spread, names } = object(model, 'it');
  if (format !== FORMAT) throw invalidModel(`its format is ${String(format)}, not ${FORMAT}`);
  if (version !== VERSION) throw invalidModel(`its version is ${String(version)}, and ${VERSION} is the one that can be read`);
  const { all, request, above, below, tenants } = object(prior, 'prior');
  if (all !== null) checkPair(all, 'prior.all');
  for (const [key, pair] of Object.entries({ request, above, below })) checkPair(pair, `prior.${key}`);
  for (const [tenant, pair] of Object.entries(object(tenants, 'prior.tenants'))) checkPair(pair, `prior.tenants.${tenant}`);
  if (!isNumbers(squaredErrors) || squaredErrors.length !== 2 || squaredErrors.some((error) => error < 0)) throw invalidModel('squaredErrors are not two numbers ≥ 0');
  if (!Array.isArray(spread) || spread.length !== 2) throw invalidModel('spread is not a pair');
  for (const pair of spread) checkPair(pair, 'spread');
  for (const [name, record] of Object.entries(object(names, 'names')))
    if (!Array.isArray(record) || record.length !== YARDSTICKS.length || !record.every(isRuns)) throw invalidModel(`names.${name} are not runs by yardstick`);
}

function object(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalidModel(`${what} is not an object`);
  return value as Record<string, unknown>;
}

function checkPair(pair: unknown, what: string): void {
  if (!isNumbers(pair) || pair.length !== 2 || (pair[1] ?? 0) < 1) throw invalidModel(`${what} is not a value and a count`);
}

const isRuns = (entry: unknown): boolean => entry === null || (Array.isArray(entry) && entry.length === 2 && Number.isFinite(entry[0]) && isNumbers(entry[1]) && entry[1].length > 0);
const isNumbers = (value: unknown): value is number[] => Array.isArray(value) && value.every((item) => Number.isFinite(item));
