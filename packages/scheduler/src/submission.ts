import { deadlinePassed, invalidOption } from './errors.js';
import type { TaskOptions } from './task-options.js';

const NAMES: ReadonlySet<string> = new Set([
  'name', 'run', 'needs', 'priority', 'deadlineMs', 'maxWaitMs', 'estimateMs', 'affinity', 'antiAffinity', 'tenant', 'id', 'signal', 'waitForCapacity',
]);
const MOST_PRIORITY = 1_000;

/**
 * Refuses what no task can be. Needs and selectors are checked where they are taken apart.
 * @throws {SchedulerError} `ERR_SCHEDULER_INVALID_OPTION`, `ERR_SCHEDULER_DEADLINE_PASSED`.
 */
export function checkSubmission(options: TaskOptions<unknown>): void {
  if (typeof options !== 'object' || options === null) throw invalidOption('options', options, 'an object');
  // Not `Object.keys`: this lies on the path of every task, and makes no array.
  for (const option in options) if (!NAMES.has(option)) throw invalidOption(option, 'given', `one of ${[...NAMES].join(', ')}`);
  const { name, run, needs, priority, deadlineMs, maxWaitMs, estimateMs, tenant, id, signal, waitForCapacity } = options;
  if (typeof name !== 'string' || name === '') throw invalidOption('name', name, 'a string that is not empty');
  if (typeof run !== 'function') throw invalidOption('run', run, 'a function');
  if (needs !== undefined && (typeof needs !== 'object' || needs === null)) throw invalidOption('needs', needs, 'an object of amounts');
  if (priority !== undefined && !(priority >= -MOST_PRIORITY && priority <= MOST_PRIORITY)) throw invalidOption('priority', priority, `a number from -${MOST_PRIORITY} to ${MOST_PRIORITY}`);
  if (deadlineMs !== undefined) checkDeadline(name, deadlineMs);
  if (maxWaitMs !== undefined && !(typeof maxWaitMs === 'number' && maxWaitMs >= 0)) throw invalidOption('maxWaitMs', maxWaitMs, 'a number ≥ 0');
  if (estimateMs !== undefined && !(Number.isFinite(estimateMs) && estimateMs > 0)) throw invalidOption('estimateMs', estimateMs, 'a number above 0');
  if (tenant !== undefined && typeof tenant !== 'string') throw invalidOption('tenant', tenant, 'a string');
  if (id !== undefined && (typeof id !== 'string' || id === '' || id.startsWith('#'))) throw invalidOption('id', id, "a string that is not empty and does not begin with '#'");
  if (signal !== undefined && typeof signal?.addEventListener !== 'function') throw invalidOption('signal', signal, 'an AbortSignal');
  if (waitForCapacity !== undefined && typeof waitForCapacity !== 'boolean') throw invalidOption('waitForCapacity', waitForCapacity, 'true or false');
}

function checkDeadline(name: string, deadlineMs: unknown): void {
  if (typeof deadlineMs !== 'number' || Number.isNaN(deadlineMs)) throw invalidOption('deadlineMs', deadlineMs, 'a number above 0');
  if (deadlineMs <= 0) throw deadlinePassed(name, deadlineMs);
}
