import type { ServiceLevel } from './readings/deadline-watch.js';
import type { Insights } from './readings/insights.js';
import type { SchedulerStats } from './stats.js';
import type { TaskHandle } from './tasks/task-handle.js';
import type { TaskOptions } from './tasks/task-options.js';
import type { TenantReading } from './queue/tenants.js';
import type { WorkerChanges, WorkerOptions, WorkerReading } from './workers/worker-options.js';

/** Places tasks on workers. */
export interface Scheduler extends AsyncDisposable {
  /**
   * Takes a task; it starts no sooner than after the current job of the event loop, so that tasks submitted together are
   * ordered together.
   * @throws {SchedulerError} `ERR_SCHEDULER_INVALID_OPTION`, `ERR_SCHEDULER_DEADLINE_PASSED`, `ERR_SCHEDULER_DUPLICATE_TASK`,
   * `ERR_SCHEDULER_QUEUE_FULL`, `ERR_SCHEDULER_CLOSED`, `ERR_SCHEDULER_GANG_MISMATCH`, `ERR_SCHEDULER_IDEMPOTENCY_CONFLICT`;
   * `ERR_SCHEDULER_NEVER_FITS` if no worker now here could run it even when idle, unless `waitForCapacity`;
   * `ERR_SCHEDULER_QUOTA_EXCEEDED` if it needs more than its tenant may ever have.
   */
  submit<Result>(options: TaskOptions<Result>): TaskHandle<Result>;
  /** @throws {SchedulerError} `ERR_SCHEDULER_INVALID_OPTION`, `ERR_SCHEDULER_DUPLICATE_WORKER`, `ERR_SCHEDULER_CLOSED`. */
  addWorker(options: WorkerOptions): void;
  /**
   * Changes a worker under its running tasks. Less capacity than is in use takes effect as they end.
   * @throws {SchedulerError} `ERR_SCHEDULER_UNKNOWN_WORKER`, `ERR_SCHEDULER_INVALID_OPTION`.
   */
  updateWorker(id: string, changes: WorkerChanges): void;
  /**
   * Takes no more tasks to the worker. Settles when its running ones have ended and it is gone.
   * With `force` they are aborted, with `ERR_SCHEDULER_WORKER_REMOVED`, and go back to their places in the queue, unless they
   * fulfil all the same.
   * @throws {SchedulerError} `ERR_SCHEDULER_UNKNOWN_WORKER`, `ERR_SCHEDULER_INVALID_OPTION`; at once.
   */
  removeWorker(id: string, options?: { /** @default false */ readonly force?: boolean }): Promise<void>;
  /** The workers, in the order they were added. */
  workers(): WorkerReading[];
  stats(): SchedulerStats;
  /** Deadlines met, missed and at risk, by the tasks' `serviceClass`. */
  serviceLevels(): Record<string, ServiceLevel>;
  /** The tenants seen so far, by name; empty unless the option `tenants` makes them count. */
  tenants(): Record<string, TenantReading>;
  /** How good the predictions have been. */
  insights(): Insights;
  /**
   * All that was learned, of run times by the estimator and of the workers' speed by name, as plain JSON; for `importModel()` after a
   * restart. Has a format and a version.
   */
  exportModel(): unknown;
  /**
   * Replaces what was learned, for tasks submitted from now on and for those that have not started. Takes what an estimator
   * exported by itself, too, as older versions did; nothing is then known of the workers.
   * @throws {SchedulerError} `ERR_SCHEDULER_INVALID_MODEL`, and changes nothing; or what an estimator of the caller's throws.
   */
  importModel(model: unknown): void;
  /**
   * Takes no more tasks; settles when all it has have ended. Aborting ends the wait, not the draining.
   * @throws {SchedulerError} rejects with `ERR_SCHEDULER_INVALID_OPTION`, and goes on taking tasks; with the signal's reason
   */
  drain(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /**
   * Takes no more tasks, rejects the queued ones with `ERR_SCHEDULER_CLOSED`; settles when nothing runs any more. Running tasks
   * are aborted and reject the same way, or awaited. Idempotent; a second call may still turn `await` into `abort`.
   * @throws {SchedulerError} `ERR_SCHEDULER_INVALID_OPTION`, at once
   */
  close(options?: { /** @default 'abort' */ readonly running?: 'abort' | 'await' }): Promise<void>;
}
