export type SchedulerErrorCode =
  | 'ERR_SCHEDULER_CANCELLED'
  | 'ERR_SCHEDULER_CLOSED'
  | 'ERR_SCHEDULER_DEADLINE_PASSED'
  | 'ERR_SCHEDULER_DUPLICATE_TASK'
  | 'ERR_SCHEDULER_DUPLICATE_WORKER'
  | 'ERR_SCHEDULER_GANG_BROKEN'
  | 'ERR_SCHEDULER_GANG_MISMATCH'
  | 'ERR_SCHEDULER_IDEMPOTENCY_CONFLICT'
  | 'ERR_SCHEDULER_INVALID_MODEL'
  | 'ERR_SCHEDULER_INVALID_OPTION'
  | 'ERR_SCHEDULER_INVALID_TRACE'
  | 'ERR_SCHEDULER_NEVER_FITS'
  | 'ERR_SCHEDULER_PREEMPTED'
  | 'ERR_SCHEDULER_QUEUE_FULL'
  | 'ERR_SCHEDULER_QUOTA_EXCEEDED'
  | 'ERR_SCHEDULER_UNKNOWN_WORKER'
  | 'ERR_SCHEDULER_WORKER_REMOVED';

/** Match on `code`: unlike `instanceof`, it works with two copies of this package in one process. */
export class SchedulerError extends Error {
  override readonly name = 'SchedulerError';
  readonly code: SchedulerErrorCode;
  constructor(code: SchedulerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export const invalidOption = (option: string, value: unknown, expected: string): SchedulerError =>
  new SchedulerError('ERR_SCHEDULER_INVALID_OPTION', `${option} is ${shown(value)}, expected ${expected}`);

export const invalidModel = (reason: string): SchedulerError =>
  new SchedulerError('ERR_SCHEDULER_INVALID_MODEL', `the model cannot be imported: ${reason}`);

export const invalidTrace = (reason: string): SchedulerError =>
  new SchedulerError('ERR_SCHEDULER_INVALID_TRACE', `the trace cannot be read: ${reason}`);

export const cancelled = (id: string, name: string): SchedulerError =>
  new SchedulerError('ERR_SCHEDULER_CANCELLED', `task ${id} (${name}) was cancelled`);

export const closed = (scheduler: string, state: 'closed' | 'draining'): SchedulerError =>
  new SchedulerError('ERR_SCHEDULER_CLOSED', `scheduler ${scheduler} is ${state}`);

export const deadlinePassed = (name: string, deadlineMs: number): SchedulerError =>
  new SchedulerError('ERR_SCHEDULER_DEADLINE_PASSED', `the deadline of ${name} is in the past: deadlineMs is ${deadlineMs}, counted from submit()`);

export const duplicateTask = (id: string): SchedulerError =>
  new SchedulerError('ERR_SCHEDULER_DUPLICATE_TASK', `a task with id ${shown(id)} is queued or running`);

export const duplicateWorker = (id: string): SchedulerError =>
  new SchedulerError('ERR_SCHEDULER_DUPLICATE_WORKER', `there is a worker ${shown(id)}; change it with updateWorker(), or wait for removeWorker()`);

export const unknownWorker = (id: string, known: readonly string[]): SchedulerError =>
  new SchedulerError('ERR_SCHEDULER_UNKNOWN_WORKER', `there is no worker ${shown(id)}; there are: ${known.slice(0, 10).join(', ') || 'none'}`);

export const workerRemoved = (id: string): SchedulerError =>
  new SchedulerError('ERR_SCHEDULER_WORKER_REMOVED', `worker ${shown(id)} was removed; the task goes back to the queue`);

export const queueFull = (scheduler: string, maxQueued: number, running: number): SchedulerError =>
  new SchedulerError('ERR_SCHEDULER_QUEUE_FULL', `scheduler ${scheduler} has ${maxQueued} tasks queued, which is maxQueued, and ${running} running`);

export const tenantQueueFull = (tenant: string, maxQueued: number): SchedulerError =>
  new SchedulerError('ERR_SCHEDULER_QUEUE_FULL', `tenant ${shown(tenant)} has ${maxQueued} tasks queued, which is its maxQueued`);

export const quotaExceeded = (name: string, tenant: string): SchedulerError =>
  new SchedulerError('ERR_SCHEDULER_QUOTA_EXCEEDED', `${name} needs more than the whole quota of tenant ${shown(tenant)}`);

export const gangMismatch = (id: string, size: number, other: number): SchedulerError =>
  new SchedulerError('ERR_SCHEDULER_GANG_MISMATCH', `gang ${shown(id)} has size ${size}, not ${other}`);

export const gangBroken = (id: string, member: string, cause: unknown): SchedulerError =>
  new SchedulerError('ERR_SCHEDULER_GANG_BROKEN', `task ${member} of gang ${shown(id)} was cancelled before the gang started`, { cause });

export const idempotencyConflict = (key: string, name: string, other: string): SchedulerError =>
  new SchedulerError('ERR_SCHEDULER_IDEMPOTENCY_CONFLICT', `idempotencyKey ${shown(key)} belongs to a task named ${shown(name)}, not ${shown(other)}`);

export const preempted = (by: string): SchedulerError =>
  new SchedulerError('ERR_SCHEDULER_PREEMPTED', `task ${by} is more urgent; this one goes back to the queue`);

export const neverFits = (name: string, reasons: readonly string[]): SchedulerError =>
  new SchedulerError(
    'ERR_SCHEDULER_NEVER_FITS',
    `no worker can ever run ${name}: ${reasons.slice(0, 5).join('; ') || 'there are none'}. Set waitForCapacity if one will come`,
  );

function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value.length > 60 ? `${value.slice(0, 60)}…` : value}'`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? `an array of ${value.length}` : 'an object';
  return String(value);
}
