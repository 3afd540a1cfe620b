import { inspect } from 'node:util';
import type { PoolStats } from './stats.js';

export type PoolErrorCode =
  | 'ERR_POOL_ACQUIRE_TIMEOUT'
  | 'ERR_POOL_CIRCUIT_OPEN'
  | 'ERR_POOL_CLOSED'
  | 'ERR_POOL_CLOSE_TIMEOUT'
  | 'ERR_POOL_CREATE_TIMEOUT'
  | 'ERR_POOL_DEADLOCK'
  | 'ERR_POOL_DESTROY_TIMEOUT'
  | 'ERR_POOL_INVALID_OPTION'
  | 'ERR_POOL_INVALID_RESOURCE'
  | 'ERR_POOL_KEEPALIVE_TIMEOUT'
  | 'ERR_POOL_LEAKED'
  | 'ERR_POOL_LEASE_ENDED'
  | 'ERR_POOL_NOT_A_WORKER'
  | 'ERR_POOL_OVERLOADED'
  | 'ERR_POOL_QUEUE_FULL'
  | 'ERR_POOL_RESET_TIMEOUT'
  | 'ERR_POOL_STATEMENT_TIMEOUT'
  | 'ERR_POOL_TRANSACTION_ROLLED_BACK'
  | 'ERR_POOL_UNKNOWN_POOL'
  | 'ERR_POOL_BODY_USED'
  | 'ERR_POOL_UNKNOWN_TASK'
  | 'ERR_POOL_VALIDATE_TIMEOUT'
  | 'ERR_POOL_WORKER_CRASHED'
  | 'ERR_POOL_WORKER_EXITED';

/** Match on `code`: unlike `instanceof`, it works with two copies of this package in one process. */
export class PoolError extends Error {
  override readonly name = 'PoolError';
  readonly code: PoolErrorCode;
  // Not a property of its own: it would drown the message where the error is printed.
  readonly #stats: PoolStats | undefined;
  constructor(code: PoolErrorCode, message: string, options?: ErrorOptions & { readonly stats?: PoolStats }) {
    super(message, options);
    this.code = code;
    this.#stats = options?.stats;
  }

  /** Of the pool when it happened; with `ERR_POOL_ACQUIRE_TIMEOUT`. */
  get stats(): PoolStats | undefined {
    return this.#stats;
  }
}

export function invalidOption(name: string, value: unknown, expectation: string): PoolError {
  const shown = inspect(value, { depth: 0, maxStringLength: 60, breakLength: Infinity });
  return new PoolError('ERR_POOL_INVALID_OPTION', `option ${name} must be ${expectation}, not ${shown}`);
}

export function unknownOption(name: string, known: readonly string[]): PoolError {
  return new PoolError('ERR_POOL_INVALID_OPTION', `there is no option ${name}; the options are ${known.join(', ')}`);
}

/**
 * One for each of `waiters` whose time is over at the same moment. The last error of `create`, if nothing was created since, is the
 * likeliest reason that nothing came free.
 */
export function acquireTimeouts(waiters: number, pool: string, waitMs: number, stats: PoolStats, lastCreateError: unknown): PoolError[] {
  const { leased, idle, creating, max, waiting } = stats;
  const numbers = `${pool}: no resource in ${waitMs} ms: ${leased} of ${max} leased, ${idle} idle, ${creating} being created, ${waiting} still waiting`;
  const failed = lastCreateError !== undefined;
  const message = failed ? `${numbers}; the last create failed: ${reasonOf(lastCreateError)}` : numbers;
  const options = failed ? { cause: lastCreateError, stats } : { stats };
  return withoutStack(() => Array.from({ length: waiters }, () => new PoolError('ERR_POOL_ACQUIRE_TIMEOUT', message, options)));
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : inspect(error, { depth: 0 });
}

export function circuitOpen(pool: string, failures: number, pauseMs: number, lastCreateError: unknown): PoolError {
  const next = pauseMs > 0 ? `the next try is in ${Math.ceil(pauseMs)} ms` : 'another try is under way';
  return new PoolError('ERR_POOL_CIRCUIT_OPEN', `${pool}: create failed ${failures} times in a row, ${next}; the last time: ${reasonOf(lastCreateError)}`, { cause: lastCreateError });
}

export function overloaded(pool: string, waitedMs: number, limitMs: number): PoolError {
  return withoutStack(() => new PoolError('ERR_POOL_OVERLOADED', `${pool} is overloaded: refused after a wait of ${Math.round(waitedMs)} ms, as the limit is now ${limitMs} ms`));
}

export function deadlock(pool: string, leased: number, key: string | undefined): PoolError {
  const leases = key === undefined ? 'leases' : `leases of key ${inspect(key)}`;
  return new PoolError('ERR_POOL_DEADLOCK', `${pool}: all ${leased} ${leases} are held by callers that wait for another; this one would wait for ever`);
}

export function leaked(pool: string, heldMs: number, stack: string | undefined): PoolError {
  return withoutStack(() => new PoolError('ERR_POOL_LEAKED', `${pool}: a lease was held for ${Math.round(heldMs)} ms${stack === undefined ? '' : `; it was acquired\n${stack}`}`));
}

export function unknownPool(name: string, known: readonly string[]): PoolError {
  return new PoolError('ERR_POOL_UNKNOWN_POOL', `there is no pool ${inspect(name)}; there is ${known.join(', ') || 'none'}`);
}

/**
 * In the timer where a time-out comes to light, a stack shows nothing of who waited, and costs as much as all the rest:
 * in a storm of time-outs, when there is least to spare.
 */
function withoutStack<E>(make: () => E): E {
  const { stackTraceLimit } = Error;
  // `Reflect`, as an assignment would throw where the built-ins are frozen.
  Reflect.set(Error, 'stackTraceLimit', 0);
  try {
    return make();
  } finally {
    Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
  }
}

export function budgetTimeout(pool: string, bytes: number, waitMs: number, stats: { readonly leasedBytes: number; readonly waiting: number }, maxBytes: number): PoolError {
  return new PoolError('ERR_POOL_ACQUIRE_TIMEOUT', `${pool}: no ${bytes} bytes in ${waitMs} ms: ${stats.leasedBytes} of ${maxBytes} leased, ${stats.waiting} still waiting`);
}

export function queueFull(pool: string, maxWaiting: number): PoolError {
  return new PoolError('ERR_POOL_QUEUE_FULL', `${pool}: ${maxWaiting} already waiting, as many as maxWaiting allows`);
}

export function poolClosed(pool: string, state: 'draining' | 'closed'): PoolError {
  return new PoolError('ERR_POOL_CLOSED', `${pool} is ${state} and lends no more`);
}

export function closeTimeout(pool: string, waitMs: number, { leased, creating, destroying }: PoolStats): PoolError {
  return new PoolError(
    'ERR_POOL_CLOSE_TIMEOUT',
    `${pool}: not closed in ${waitMs} ms: ${leased} still leased, ${creating} being created, ${destroying} being destroyed; close({ force: true }) does not wait for them`,
  );
}

/** A call of the user's that did not end in time. */
export function callTimeout(pool: string, call: 'create' | 'validate' | 'keepalive' | 'reset' | 'destroy', timeoutMs: number): PoolError {
  const codes = {
    create: 'ERR_POOL_CREATE_TIMEOUT',
    validate: 'ERR_POOL_VALIDATE_TIMEOUT',
    keepalive: 'ERR_POOL_KEEPALIVE_TIMEOUT',
    reset: 'ERR_POOL_RESET_TIMEOUT',
    destroy: 'ERR_POOL_DESTROY_TIMEOUT',
  } as const;
  return new PoolError(codes[call], `${pool}: ${call} did not end in ${timeoutMs} ms`);
}

export function invalidResource(pool: string, value: unknown): PoolError {
  return new PoolError('ERR_POOL_INVALID_RESOURCE', `${pool}: create gave ${inspect(value)} where a resource was expected`);
}

export function leaseEnded(pool: string, attempt: string): PoolError {
  return new PoolError('ERR_POOL_LEASE_ENDED', `${pool}: ${attempt} of a lease that has ended; somebody else may have its resource by now`);
}

export function statementTimeout(pool: string, timeoutMs: number): PoolError {
  return new PoolError('ERR_POOL_STATEMENT_TIMEOUT', `${pool}: the statement did not end in ${timeoutMs} ms, and was cancelled`);
}

export function serverSilent(pool: string, timeoutMs: number): PoolError {
  return new PoolError('ERR_POOL_STATEMENT_TIMEOUT', `${pool}: the server did not end the statement in ${timeoutMs} ms, and is silent; its connection was closed`);
}

export function transactionRolledBack(pool: string): PoolError {
  return new PoolError('ERR_POOL_TRANSACTION_ROLLED_BACK', `${pool}: COMMIT was answered with ROLLBACK, since a query in the transaction had failed`);
}

export function bodyUsed(pool: string): PoolError {
  return new PoolError('ERR_POOL_BODY_USED', `${pool}: the body of this response was read or discarded before`);
}

export function unknownTask(pool: string, task: string, known: readonly string[]): PoolError {
  return new PoolError('ERR_POOL_UNKNOWN_TASK', `${pool}: the worker serves no task ${inspect(task)}; it serves ${known.join(', ') || 'none'}`);
}

export function workerCrashed(pool: string, task: string, cause: unknown): PoolError {
  return new PoolError('ERR_POOL_WORKER_CRASHED', `${pool}: the worker crashed during task ${task}: ${cause instanceof Error ? cause.message : inspect(cause)}`, { cause });
}

/** @param how continues "the worker exited" */
export function workerExited(pool: string, how: string): PoolError {
  return new PoolError('ERR_POOL_WORKER_EXITED', `${pool}: the worker exited ${how}`);
}

export function notAWorker(): PoolError {
  return new PoolError('ERR_POOL_NOT_A_WORKER', 'serveTasks() is for a worker thread; this is the main thread');
}
