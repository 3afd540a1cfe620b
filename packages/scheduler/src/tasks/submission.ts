import { deadlinePassed, invalidOption } from '../errors.js';
import { checkSignal } from '../refusal.js';
import type { TaskOptions } from './task-options.js';

const NAMES = {
  name: true, run: true, payload: true, needs: true, priority: true, deadlineMs: true, serviceClass: true, maxWaitMs: true, estimateMs: true, affinity: true, antiAffinity: true,
  gang: true, tenant: true, preemptible: true, retry: true, idempotencyKey: true, id: true, signal: true, waitForCapacity: true,
} satisfies Record<keyof TaskOptions<unknown>, true>;
const MOST_PRIORITY = 1_000;
const MOST_MEMBERS = 10_000;

/**
 * Refuses what no task can be. Needs, selectors and retries are checked where they are taken apart.
 * @throws {SchedulerError} `ERR_SCHEDULER_INVALID_OPTION`, `ERR_SCHEDULER_DEADLINE_PASSED`.
 */
export function checkSubmission(options: TaskOptions<unknown>): void {
  if (typeof options !== 'object' || options === null) throw invalidOption('options', options, 'an object');
  checkNames(options);
  const { name, run, needs, priority, deadlineMs, maxWaitMs, estimateMs, signal } = options;
  if (typeof name !== 'string' || name === '') throw invalidOption('name', name, 'a string that is not empty');
  if (run !== undefined && typeof run !== 'function') throw invalidOption('run', run, 'a function');
  if (needs !== undefined && (typeof needs !== 'object' || needs === null || Array.isArray(needs))) throw invalidOption('needs', needs, 'an object of amounts');
  if (priority !== undefined && !(typeof priority === 'number' && priority >= -MOST_PRIORITY && priority <= MOST_PRIORITY)) throw invalidOption('priority', priority, `a number from -${MOST_PRIORITY} to ${MOST_PRIORITY}`);
  if (deadlineMs !== undefined) checkDeadline(name, deadlineMs);
  if (maxWaitMs !== undefined && !(typeof maxWaitMs === 'number' && maxWaitMs >= 0)) throw invalidOption('maxWaitMs', maxWaitMs, 'a number ≥ 0');
  if (estimateMs !== undefined && !(Number.isFinite(estimateMs) && estimateMs > 0)) throw invalidOption('estimateMs', estimateMs, 'a number above 0');
  checkSignal(signal);
  checkRare(options);
}

/** This lies on the path of every task: where there are no more names than known options with a value, none has to be looked up. */
function checkNames(options: TaskOptions<unknown>): void {
  let names = 0;
  for (const _ in options) names += 1;
  if (names === valuesOf(options)) return;
  for (const option in options) if (!Object.hasOwn(NAMES, option)) throw invalidOption(option, 'given', `one of ${Object.keys(NAMES).join(', ')}`);
}

const one = (value: unknown): 0 | 1 => (value === undefined ? 0 : 1);

function valuesOf(options: TaskOptions<unknown>): number {
  const { name, run, payload, needs, priority, deadlineMs, serviceClass, maxWaitMs, estimateMs, affinity, antiAffinity, gang, tenant, preemptible, retry, idempotencyKey, id, signal, waitForCapacity } = options;
  return (
    one(name) + one(run) + one(payload) + one(needs) + one(priority) + one(deadlineMs) + one(serviceClass) + one(maxWaitMs) + one(estimateMs) + one(affinity) +
    one(antiAffinity) + one(gang) + one(tenant) + one(preemptible) + one(retry) + one(idempotencyKey) + one(id) + one(signal) + one(waitForCapacity)
  );
}

function checkRare({ tenant, id, idempotencyKey, serviceClass, preemptible, waitForCapacity, gang }: TaskOptions<unknown>): void {
  if (tenant !== undefined && typeof tenant !== 'string') throw invalidOption('tenant', tenant, 'a string');
  if (id !== undefined && (typeof id !== 'string' || id === '' || id.startsWith('#'))) throw invalidOption('id', id, "a string that is not empty and does not begin with '#'");
  if (idempotencyKey !== undefined && (typeof idempotencyKey !== 'string' || idempotencyKey === '')) throw invalidOption('idempotencyKey', idempotencyKey, 'a string that is not empty');
  if (serviceClass !== undefined && (typeof serviceClass !== 'string' || serviceClass === '')) throw invalidOption('serviceClass', serviceClass, 'a string that is not empty');
  if (preemptible !== undefined && typeof preemptible !== 'boolean') throw invalidOption('preemptible', preemptible, 'true or false');
  if (waitForCapacity !== undefined && typeof waitForCapacity !== 'boolean') throw invalidOption('waitForCapacity', waitForCapacity, 'true or false');
  if (gang !== undefined) checkGang(gang);
}

function checkGang(gang: { readonly id: unknown; readonly size: unknown }): void {
  if (typeof gang !== 'object' || gang === null) throw invalidOption('gang', gang, 'an object with id and size');
  const { id, size, ...unknown } = gang;
  for (const name of Object.keys(unknown)) throw invalidOption(`gang.${name}`, 'given', 'id and size');
  if (typeof id !== 'string' || id === '') throw invalidOption('gang.id', id, 'a string that is not empty');
  if (!(Number.isInteger(size) && Number(size) >= 1 && Number(size) <= MOST_MEMBERS)) throw invalidOption('gang.size', size, `an integer from 1 to ${MOST_MEMBERS}`);
}

function checkDeadline(name: string, deadlineMs: unknown): void {
  if (typeof deadlineMs !== 'number' || Number.isNaN(deadlineMs)) throw invalidOption('deadlineMs', deadlineMs, 'a number above 0');
  if (deadlineMs <= 0) throw deadlinePassed(name, deadlineMs);
}
