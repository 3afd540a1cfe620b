import { systemClock, type Clock } from './clock.js';
import { invalidOption } from './errors.js';
import type { Estimator } from './estimation/estimator.js';
import { LearnedEstimator } from './estimation/learned.js';
import { inProcess, type Executor, type Handler } from './executor.js';
import { checkMethods, checkOptions } from './refusal.js';
import { scoreTerms } from './placement/score.js';
import type { Policy, StrategyName } from './strategies/policy.js';
import { strategies } from './strategies/strategies.js';
import { checkTenants, type TenantOptions } from './queue/tenants.js';

export interface SchedulerOptions {
  /** Told in errors and events. @default 'scheduler' */
  readonly name?: string;
  /** One of the six by name, or a policy of your own. @default 'adaptive' */
  readonly strategy?: StrategyName | Policy;
  /** Most tasks queued at once; `submit()` refuses more. An integer ≥ 1, or `Infinity`. @default Infinity */
  readonly maxQueued?: number;
  /** What runs the tasks. @default inProcess(handlers) */
  readonly executor?: Executor;
  /** For tasks submitted without `run`: what does the work of each name in this process. Not beside `executor`. */
  readonly handlers?: Readonly<Record<string, Handler>>;
  /**
   * Makes tenants count: tasks take turns by weighted dominant-resource fairness, and each tenant stays within its quota. Those not
   * named here have weight 1 and no quota; tasks without a tenant belong to one called `''`. @default tenants don't count
   */
  readonly tenants?: Readonly<Record<string, TenantOptions>>;
  /** How long an `idempotencyKey` is remembered after its task succeeded, ms. At least 0. @default 600_000 */
  readonly idempotencyMs?: number;
  /** Chance for the jitter of retries: gives 0 … 1. @default Math.random */
  readonly random?: () => number;
  /** What predicts run times. @default learned medians and quantiles per name */
  readonly estimator?: Estimator;
  /** @default systemClock */
  readonly clock?: Clock;
}

export interface ResolvedOptions extends Omit<Required<SchedulerOptions>, 'strategy' | 'handlers' | 'tenants'> {
  readonly tenants: SchedulerOptions['tenants'];
  readonly policy: Policy;
}

const OPTIONS: readonly string[] = ['name', 'strategy', 'maxQueued', 'executor', 'handlers', 'tenants', 'idempotencyMs', 'random', 'estimator', 'clock'];

export function resolveOptions(options: SchedulerOptions): ResolvedOptions {
  checkOptions(options, OPTIONS);
  const {
    name = 'scheduler',
    strategy = 'adaptive',
    maxQueued = Infinity,
    handlers,
    executor = inProcess(handlers),
    tenants,
    idempotencyMs = 600_000,
    random = Math.random,
    estimator = new LearnedEstimator(),
    clock = systemClock,
  } = options;
  if (typeof name !== 'string' || name === '') throw invalidOption('name', name, 'a string that is not empty');
  if (maxQueued !== Infinity && !(Number.isInteger(maxQueued) && maxQueued >= 1)) throw invalidOption('maxQueued', maxQueued, 'an integer ≥ 1 or Infinity');
  if (handlers !== undefined && options.executor !== undefined) throw invalidOption('handlers', handlers, 'nothing where there is an executor');
  if (!(typeof idempotencyMs === 'number' && idempotencyMs >= 0)) throw invalidOption('idempotencyMs', idempotencyMs, 'a number ≥ 0');
  if (typeof random !== 'function') throw invalidOption('random', random, 'a function');
  checkTenants(tenants);
  checkMethods('executor', executor, ['execute']);
  checkMethods('estimator', estimator, ['predict', 'observe', 'exportModel', 'importModel']);
  checkMethods('clock', clock, ['now', 'setTimeout', 'setInterval']);
  return { name, policy: resolveStrategy(strategy), maxQueued, executor, tenants, idempotencyMs, random, estimator, clock };
}

/** @throws {SchedulerError} `ERR_SCHEDULER_INVALID_OPTION`. */
export function resolveStrategy(strategy: StrategyName | Policy): Policy {
  if (typeof strategy === 'string') {
    if (!Object.hasOwn(strategies, strategy)) throw invalidOption('strategy', strategy, `one of ${Object.keys(strategies).join(', ')}, or a policy`);
    return strategies[strategy];
  }
  checkMethods('strategy', strategy, ['order']);
  const { name, reorders, weights, backfill } = strategy;
  if (typeof name !== 'string' || name === '') throw invalidOption('strategy.name', name, 'a string that is not empty');
  if (typeof backfill !== 'boolean' && !(typeof backfill === 'number' && backfill >= 1)) throw invalidOption('strategy.backfill', backfill, 'true, false, or a number of tasks ≥ 1');
  if (reorders !== undefined && typeof reorders !== 'boolean') throw invalidOption('strategy.reorders', reorders, 'true or false');
  for (const method of ['score', 'passOrder', 'reserves'] as const) if (strategy[method] !== undefined) checkMethods('strategy', strategy, [method]);
  if (typeof weights !== 'object' || weights === null) throw invalidOption('strategy.weights', weights, 'an object of numbers');
  for (const [term, weight] of Object.entries(weights)) {
    if (!(scoreTerms as readonly string[]).includes(term)) throw invalidOption(`strategy.weights.${term}`, weight, `a weight of one of ${scoreTerms.join(', ')}`);
    if (!Number.isFinite(weight)) throw invalidOption(`strategy.weights.${term}`, weight, 'a finite number');
  }
  return strategy;
}
