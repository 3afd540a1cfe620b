import { invalidOption } from '../errors.js';

/** When a failed task is run again. */
export interface RetryOptions {
  /** Most times it is run again. An integer ≥ 0. */
  readonly retries: number;
  /** Pause before the first retry, ms. At least 0. @default 100 */
  readonly delayMs?: number;
  /** Each pause is so many times the one before. At least 1. @default 2 */
  readonly factor?: number;
  /** No pause is longer, ms. @default 30_000 */
  readonly maxDelayMs?: number;
  /** Part of the pause that is left to chance, so that tasks that failed together do not come back together; 0 … 1. @default 0.5 */
  readonly jitterRatio?: number;
  /** Is another try worth it after this error? @default always */
  readonly when?: (error: unknown, failures: number) => boolean;
}

export type RetryPlan = Required<RetryOptions>;

const NAMES: readonly string[] = ['retries', 'delayMs', 'factor', 'maxDelayMs', 'jitterRatio', 'when'];

/** Throws `ERR_SCHEDULER_INVALID_OPTION`. A number stands for so many retries. */
export function resolveRetry(retry: number | RetryOptions | undefined): RetryPlan | undefined {
  if (retry === undefined) return undefined;
  if (typeof retry !== 'number' && (typeof retry !== 'object' || retry === null)) throw invalidOption('retry', retry, 'a number of retries, or an object');
  const options = typeof retry === 'number' ? { retries: retry } : retry;
  for (const name of Object.keys(options)) if (!NAMES.includes(name)) throw invalidOption(`retry.${name}`, 'given', `one of ${NAMES.join(', ')}`);
  const { retries, delayMs = 100, factor = 2, maxDelayMs = 30_000, jitterRatio = 0.5, when = () => true } = options;
  if (!(Number.isInteger(retries) && retries >= 0)) throw invalidOption('retry.retries', retries, 'an integer ≥ 0');
  if (!(Number.isFinite(delayMs) && delayMs >= 0)) throw invalidOption('retry.delayMs', delayMs, 'a number ≥ 0');
  if (!(Number.isFinite(factor) && factor >= 1)) throw invalidOption('retry.factor', factor, 'a number ≥ 1');
  if (!(Number.isFinite(maxDelayMs) && maxDelayMs >= 0)) throw invalidOption('retry.maxDelayMs', maxDelayMs, 'a number ≥ 0');
  if (!(jitterRatio >= 0 && jitterRatio <= 1)) throw invalidOption('retry.jitterRatio', jitterRatio, 'a number from 0 to 1');
  if (typeof when !== 'function') throw invalidOption('retry.when', when, 'a function');
  return { retries, delayMs, factor, maxDelayMs, jitterRatio, when };
}

/** The pause after so many failures, ms; `undefined` where it is not run again. `random` gives 0 … 1. */
export function pauseMs(plan: RetryPlan | undefined, error: unknown, failures: number, random: () => number): number | undefined {
  if (plan === undefined || failures > plan.retries || !plan.when(error, failures)) return undefined;
  const pause = Math.min(plan.maxDelayMs, plan.delayMs * plan.factor ** (failures - 1));
  return pause * (1 - plan.jitterRatio * random());
}
