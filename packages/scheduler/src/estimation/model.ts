import { invalidModel } from '../errors.js';
import { CONTEXT_COUNT } from './contexts.js';

export const FORMAT = 'fog-scheduler-model';
export const VERSION = 2;

type RecordModel = readonly [losses: readonly number[], runs: readonly number[]];

/** What the learned estimator exports; run times are logarithms of ms. */
export interface Model {
  readonly format: typeof FORMAT;
  readonly version: typeof VERSION;
  /** Levels at which the quantiles are read. */
  readonly levels: readonly [lower: number, upper: number];
  /** Share of the runs that took longer than their caller's estimate. */
  readonly exceededShare: number;
  /** Mean loss of each context, and the runs it is a mean of. */
  readonly record: RecordModel;
  /** By key of the context: how many runs there were, and the last of them. */
  readonly contexts: Readonly<Record<string, readonly [count: number, runs: readonly number[]]>>;
  /** The same, by key of tenant and name. */
  readonly records: Readonly<Record<string, RecordModel>>;
}

/** A model comes from a file: nothing of its shape is taken for granted. */
export function checkModel(model: unknown): asserts model is Model {
  const { format, version, levels, exceededShare, record, contexts, records } = object(model, 'it');
  if (format !== FORMAT) throw invalidModel(`its format is ${String(format)}, not ${FORMAT}`);
  if (version !== VERSION) throw invalidModel(`its version is ${String(version)}, and ${VERSION} is the one that can be read`);
  if (!isNumbers(levels, 2) || !levels.every(isShare)) throw invalidModel('levels are not two shares');
  if (!isShare(exceededShare)) throw invalidModel('exceededShare is no share');
  if (!isRecord(record)) throw invalidModel('record is not losses and runs');
  for (const [key, entry] of Object.entries(object(contexts, 'contexts')))
    if (!isPair(entry) || !isCount(entry[0]) || !isNumbers(entry[1]) || entry[1].length === 0 || !entry[1].every(isLogarithm)) throw invalidModel(`contexts.${shown(key)} is not a count and runs`);
  for (const [key, entry] of Object.entries(object(records, 'records')))
    if (!isRecord(entry)) throw invalidModel(`records.${shown(key)} is not losses and runs`);
}

function object(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalidModel(`${what} is not an object`);
  return value as Record<string, unknown>;
}

const isPair = (entry: unknown): entry is readonly [unknown, unknown] => Array.isArray(entry) && entry.length === 2;
const isRecord = (entry: unknown): boolean => isPair(entry) && isNumbers(entry[0], CONTEXT_COUNT) && entry[0].every(isShare) && isNumbers(entry[1], CONTEXT_COUNT) && entry[1].every((runs) => runs >= 0);
/** Of what two numbers can be to each other. */
const isLogarithm = (value: number): boolean => Math.abs(value) <= 1_500;
const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 1;
const isShare = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 1;
const isNumbers = (value: unknown, length?: number): value is number[] =>
  Array.isArray(value) && (length === undefined || value.length === length) && value.every((item) => Number.isFinite(item));
const shown = (key: string): string => key.replaceAll('\0', ' ');
