import type { Attempt } from './attempt.js';
import type { ClusterWorker, Reservation, RunningTask } from '../workers/cluster-worker.js';
import type { Estimate } from '../estimation/estimator.js';
import { cancelled } from '../errors.js';
import type { Explanation } from './explanation.js';
import type { ExecutableTask, TaskContext } from '../executor.js';
import type { Gang } from './gang.js';
import type { HeapItem } from '../queue/indexed-heap.js';
import { NO_WISHES, type Wishes } from '../workers/labels.js';
import type { OrderedItem } from '../queue/ordered.js';
import type { Needs } from '../workers/resources.js';
import type { RetryPlan } from './retry.js';
import type { Shape } from './shape.js';
import type { PolicyTask } from '../strategies/policy.js';
import type { TaskHandle } from './task-handle.js';
import type { TaskState } from './task-options.js';

/** What stands in the heap of due times for a task with `maxWaitMs`. */
export interface DueEntry extends HeapItem {
  readonly task: Task;
}

/** A task with a deadline that has not ended; its key is when to look at it again. */
export interface WatchEntry extends HeapItem {
  readonly task: Task;
  atRisk: boolean;
  missed: boolean;
}

/** What a task asks of its scheduler. */
export interface TaskOwner {
  cancel(task: Task, reason: unknown): boolean;
  explain(task: Task): Explanation;
}

/** What of a task is settled when it is submitted. */
export interface TaskDetails {
  readonly name: string;
  readonly sequence: number;
  readonly shape: Shape<Task>;
  readonly submittedMs: number;
  readonly estimator: { predict(task: Task): Estimate };
  /** Without one it cannot be cancelled or explained by its handle. */
  readonly owner?: TaskOwner;
  readonly id?: string | undefined;
  readonly run?: ((context: TaskContext) => unknown) | undefined;
  readonly payload?: unknown;
  readonly needs?: Needs | undefined;
  readonly priority?: number;
  readonly deadlineAtMs?: number;
  readonly maxWaitMs?: number;
  readonly estimateMs?: number | undefined;
  readonly tenant?: string | undefined;
  readonly wishes?: Wishes;
  readonly preemptible?: boolean;
  readonly serviceClass?: string;
  readonly retry?: RetryPlan | undefined;
}

/**
 * A task and its states: queued → running → succeeded, failed or cancelled; back to queued where it is to be run again. Other than
 * in its state, the ready queue, the cluster and the scheduler each write the fields that are theirs.
 *
 * Shaped for ten thousand of them made at once: what most never need (a promise of the result, a prediction, a name) is made when
 * asked for, it is its own handle, and nothing is a private field, whose initialisation costs as much as all of the others together.
 */
export class Task implements TaskHandle<unknown>, PolicyTask, RunningTask, OrderedItem, ExecutableTask {
  declare readonly name: string;
  declare readonly sequence: number;
  declare readonly shape: Shape<Task>;
  declare readonly needs: Needs | undefined;
  declare readonly priority: number;
  declare readonly submittedMs: number;
  declare readonly deadlineAtMs: number;
  declare readonly maxWaitMs: number;
  declare readonly estimateMs: number | undefined;
  declare readonly tenant: string | undefined;
  declare readonly payload: unknown;
  declare readonly preemptible: boolean;
  declare readonly serviceClass: string;
  /** What it would like to find on its worker, and not to find. */
  declare readonly wishes: Wishes;
  /** As given to `submit()`. */
  declare readonly givenId: string | undefined;
  declare readonly retry: RetryPlan | undefined;
  declare private readonly work: ((context: TaskContext) => unknown) | undefined;
  declare private readonly estimator: TaskDetails['estimator'];
  declare private readonly owner: TaskOwner | undefined;
  declare private prediction: Estimate | undefined;
  /** How long it is expected to run since it outlived its estimate; 0 before. */
  declare private outlivedMs: number;

  declare state: TaskState;
  declare private promise: Promise<unknown> | undefined;
  declare private resolve: ((value: unknown) => void) | undefined;
  declare private reject: ((error: unknown) => void) | undefined;
  /** What `run` gave, or why it did not. */
  declare private outcome: unknown;

  // Of the ready queue.
  declare heapIndex: number;
  declare bucket: unknown;
  declare due: DueEntry | undefined;
  declare overdue: boolean;
  declare place: 'line' | 'parked' | 'apart';
  declare gang: Gang<Task> | undefined;

  // Of the cluster: where it holds capacity, a cancelled one that has not stopped yet included.
  /** Counted among what is typical. */
  declare noted: boolean;
  declare worker: ClusterWorker<Task> | undefined;
  declare runningIndex: number;
  declare gpus: readonly number[];
  declare startedMs: number;
  declare reservation: Reservation | undefined;

  // Of the scheduler.
  declare attempt: number;
  declare failures: number;
  declare endedMs: number;
  /** Told to stop and to run again: its worker was removed by force, or a task of more urgency took its place. */
  declare evicted: boolean;
  declare workerId: string | undefined;
  /** The attempt under way. */
  declare current: Attempt | undefined;
  /** What its deadline is watched by. */
  declare watched: WatchEntry | undefined;
  /** Lets go of what waits for the task's end beside its result: the caller's signal, timers. */
  declare detach: (() => void) | undefined;

  constructor(details: TaskDetails) {
    this.name = details.name;
    this.sequence = details.sequence;
    this.shape = details.shape;
    this.needs = details.needs;
    this.priority = details.priority ?? 0;
    this.submittedMs = details.submittedMs;
    this.deadlineAtMs = details.deadlineAtMs ?? Infinity;
    this.maxWaitMs = details.maxWaitMs ?? Infinity;
    this.estimateMs = details.estimateMs;
    this.tenant = details.tenant;
    this.payload = details.payload;
    this.preemptible = details.preemptible ?? false;
    this.serviceClass = details.serviceClass ?? 'default';
    this.wishes = details.wishes ?? NO_WISHES;
    this.givenId = details.id;
    this.retry = details.retry;
    this.work = details.run;
    this.estimator = details.estimator;
    this.owner = details.owner;
    this.prediction = undefined;
    this.outlivedMs = 0;
    this.state = 'queued';
    this.promise = undefined;
    this.resolve = undefined;
    this.reject = undefined;
    this.outcome = undefined;
    this.heapIndex = -1;
    this.bucket = undefined;
    this.due = undefined;
    this.overdue = false;
    this.place = 'line';
    this.gang = undefined;
    this.noted = false;
    this.worker = undefined;
    this.runningIndex = -1;
    this.gpus = NO_GPUS;
    this.startedMs = 0;
    this.reservation = undefined;
    this.attempt = 0;
    this.failures = 0;
    this.endedMs = 0;
    this.evicted = false;
    this.workerId = undefined;
    this.current = undefined;
    this.watched = undefined;
    this.detach = undefined;
  }

  get id(): string {
    return this.givenId ?? `#${this.sequence}`;
  }

  /** What the estimator expected when it was last asked: when first needed, and anew for each attempt. */
  get sizeRatio(): number {
    return this.shape.sizeRatio;
  }

  get estimate(): Estimate {
    this.prediction ??= this.estimator.predict(this);
    return this.prediction;
  }

  /** More may be known by now: the next `estimate` is a new one. */
  forgetEstimate(): void {
    this.prediction = undefined;
    this.outlivedMs = 0;
  }

  /** Upper estimate of its run time; a higher one each time it has outlived it. */
  get expectedMs(): number {
    return this.outlivedMs > 0 ? this.outlivedMs : this.estimate.upperMs;
  }

  set expectedMs(expectedMs: number) {
    this.outlivedMs = expectedMs;
  }

  get result(): Promise<unknown> {
    if (this.promise !== undefined) return this.promise;
    if (this.state === 'succeeded') this.promise = Promise.resolve(this.outcome);
    else if (this.state === 'failed' || this.state === 'cancelled') this.promise = Promise.reject(this.outcome);
    else
      this.promise = new Promise((resolve, reject) => {
        this.resolve = resolve;
        this.reject = reject;
      });
    return this.promise;
  }

  cancel(reason: unknown = cancelled(this.id, this.name)): boolean {
    return this.owner?.cancel(this, reason) ?? false;
  }

  explain(): Explanation {
    if (this.owner === undefined) throw new TypeError('a task without a scheduler cannot be explained');
    return this.owner.explain(this);
  }

  /** Settles its result. */
  succeededWith(value: unknown): void {
    this.state = 'succeeded';
    if (this.resolve === undefined) this.outcome = value;
    else this.resolve(value);
  }

  /** Settles its result. If nobody handles it, it is an unhandled rejection, as of any promise. */
  failedWith(error: unknown): void {
    this.state = 'failed';
    this.outcome = error;
    if (this.reject === undefined) void this.result;
    else this.reject(error);
  }

  /** Settles its result. Whoever cancels knows; only failures are worth an unhandled rejection. */
  cancelledFor(reason: unknown): void {
    this.state = 'cancelled';
    this.outcome = reason;
    this.result.catch(() => {});
    this.reject?.(reason);
  }

  get hasRun(): boolean {
    return this.work !== undefined;
  }

  run(context: TaskContext): unknown {
    return this.work?.(context);
  }
}

const NO_GPUS: readonly number[] = [];
