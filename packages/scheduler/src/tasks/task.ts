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

/** What a task asks of its scheduler. Without `cancel` and `explain` it can't be cancelled or explained by its handle. */
export interface TaskOwner {
  predict(task: Task): Estimate;
  cancel?(task: Task, reason: unknown): boolean;
  explain?(task: Task): Explanation;
}

/** What most tasks leave as it is: those that ask for none of it share {@link NO_TERMS}. */
export interface TaskTerms {
  readonly id: string | undefined;
  readonly payload: unknown;
  readonly needs: Needs | undefined;
  readonly deadlineAtMs: number;
  readonly maxWaitMs: number;
  readonly estimateMs: number | undefined;
  readonly tenant: string | undefined;
  readonly wishes: Wishes;
  readonly preemptible: boolean;
  readonly serviceClass: string;
  readonly retry: RetryPlan | undefined;
}

export const NO_TERMS: TaskTerms = {
  id: undefined,
  payload: undefined,
  needs: undefined,
  deadlineAtMs: Infinity,
  maxWaitMs: Infinity,
  estimateMs: undefined,
  tenant: undefined,
  wishes: NO_WISHES,
  preemptible: false,
  serviceClass: 'default',
  retry: undefined,
};

/** What of a task is settled when it is submitted. */
export interface TaskDetails {
  readonly name: string;
  readonly sequence: number;
  readonly shape: Shape<Task>;
  readonly submittedMs: number;
  readonly owner: TaskOwner;
  readonly run?: ((context: TaskContext) => unknown) | undefined;
  readonly priority?: number | undefined;
  readonly terms?: TaskTerms;
}

/**
 * A task and its states: queued → running → succeeded, failed or cancelled; back to queued where it is to be run again. Other than
 * in its state, the ready queue, the cluster and the scheduler each write the fields that are theirs.
 *
 * Shaped for ten thousand of them made at once, when what a task costs is mostly the cache lines it lies on: what few tasks have is
 * an object of its own or shared, fields that are used together lie together, what most never need (a promise of the result, a
 * prediction) is made when asked for, it is its own handle, and nothing is a private field, whose initialisation costs as much as
 * all of the others together.
 */
export class Task implements TaskHandle<unknown>, PolicyTask, RunningTask, OrderedItem, ExecutableTask {
  // Of the ready queue.
  declare readonly sequence: number;
  declare heapIndex: number;
  declare bucket: unknown;
  declare readonly shape: Shape<Task>;
  declare gang: Gang<Task> | undefined;
  declare place: 'line' | 'parked' | 'apart';
  declare due: DueEntry | undefined;
  declare overdue: boolean;

  declare readonly terms: TaskTerms;
  declare readonly priority: number;
  declare readonly submittedMs: number;

  // Of the cluster: where it holds capacity, a cancelled one that has not stopped yet included.
  declare reservation: Reservation | undefined;
  declare worker: ClusterWorker<Task> | undefined;
  declare gpus: readonly number[];
  declare startedMs: number;
  declare runningIndex: number;
  /** Counted among what is typical. */
  declare noted: boolean;

  declare state: TaskState;
  // Of the scheduler.
  declare attempt: number;
  declare workerId: string | undefined;
  declare private prediction: Estimate | undefined;
  /** How long it is expected to run since it outlived its estimate; 0 before. */
  declare private outlivedMs: number;
  /** The attempt under way. */
  declare current: Attempt | undefined;
  declare failures: number;
  /** What its deadline is watched by. */
  declare watched: WatchEntry | undefined;
  declare private readonly work: ((context: TaskContext) => unknown) | undefined;

  declare endedMs: number;
  /** Told to stop and to run again: its worker was removed by force, or a task of more urgency took its place. */
  declare evicted: boolean;
  declare private resolve: ((value: unknown) => void) | undefined;
  declare private reject: ((error: unknown) => void) | undefined;
  declare private promise: Promise<unknown> | undefined;
  /** What `run` gave, or why it did not. */
  declare private outcome: unknown;
  /** Lets go of what waits for the task's end beside its result: the caller's signal, timers. */
  declare detach: (() => void) | undefined;
  declare readonly name: string;
  declare private readonly owner: TaskOwner;

  constructor({ name, sequence, shape, submittedMs, owner, run, priority = 0, terms = NO_TERMS }: TaskDetails) {
    this.sequence = sequence;
    this.heapIndex = -1;
    this.bucket = undefined;
    this.shape = shape;
    this.gang = undefined;
    this.place = 'line';
    this.due = undefined;
    this.overdue = false;
    this.terms = terms;
    this.priority = priority;
    this.submittedMs = submittedMs;
    this.reservation = undefined;
    this.worker = undefined;
    this.gpus = NO_GPUS;
    this.startedMs = 0;
    this.runningIndex = -1;
    this.noted = false;
    this.state = 'queued';
    this.attempt = 0;
    this.workerId = undefined;
    this.prediction = undefined;
    this.outlivedMs = 0;
    this.current = undefined;
    this.failures = 0;
    this.watched = undefined;
    this.work = run;
    this.endedMs = 0;
    this.evicted = false;
    this.resolve = undefined;
    this.reject = undefined;
    this.promise = undefined;
    this.outcome = undefined;
    this.detach = undefined;
    this.name = name;
    this.owner = owner;
  }

  get id(): string {
    return this.terms.id ?? `#${this.sequence}`;
  }

  /** As given to `submit()`. */
  get givenId(): string | undefined {
    return this.terms.id;
  }

  get payload(): unknown {
    return this.terms.payload;
  }

  get needs(): Needs | undefined {
    return this.terms.needs;
  }

  get deadlineAtMs(): number {
    return this.terms.deadlineAtMs;
  }

  get maxWaitMs(): number {
    return this.terms.maxWaitMs;
  }

  get estimateMs(): number | undefined {
    return this.terms.estimateMs;
  }

  get tenant(): string | undefined {
    return this.terms.tenant;
  }

  /** What it would like to find on its worker, and not to find. */
  get wishes(): Wishes {
    return this.terms.wishes;
  }

  get preemptible(): boolean {
    return this.terms.preemptible;
  }

  get serviceClass(): string {
    return this.terms.serviceClass;
  }

  get retry(): RetryPlan | undefined {
    return this.terms.retry;
  }

  get sizeRatio(): number {
    return this.shape.sizeRatio;
  }

  /** What the estimator expected when it was last asked: when first needed, and anew for each attempt. */
  get estimate(): Estimate {
    this.prediction ??= this.owner.predict(this);
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
    else {
      this.promise = new Promise(takeSettlers);
      ({ resolve: this.resolve, reject: this.reject } = settlers);
    }
    return this.promise;
  }

  cancel(reason: unknown = cancelled(this.id, this.name)): boolean {
    return this.owner.cancel?.(this, reason) ?? false;
  }

  explain(): Explanation {
    if (this.owner.explain === undefined) throw new TypeError('a task without a scheduler cannot be explained');
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

/** Of the promise made last: one function for all of them, as each would cost a closure and its context otherwise. */
const settlers: { resolve: (value: unknown) => void; reject: (error: unknown) => void } = { resolve: () => {}, reject: () => {} };
const takeSettlers = (resolve: (value: unknown) => void, reject: (error: unknown) => void): void => {
  settlers.resolve = resolve;
  settlers.reject = reject;
};
