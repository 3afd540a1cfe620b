import type { Attempt } from './attempt.js';
import type { ClusterWorker } from './cluster-worker.js';
import type { Estimate, TaskFeatures } from './estimation/estimator.js';
import type { ExecutableTask, TaskContext } from './executor.js';
import type { HeapItem } from './indexed-heap.js';
import type { CompiledSelector } from './labels.js';
import type { Reservation } from './placement/reservation.js';
import type { Needs } from './resources.js';
import type { Shape } from './shape.js';
import type { PolicyTask } from './strategies/policy.js';
import type { TaskState } from './task-options.js';

/** What stands in the heap of due times for a task with `maxWaitMs`. */
export interface DueEntry extends HeapItem {
  readonly task: Task;
}

/** What of a task is settled when it is submitted. */
export interface TaskDetails {
  readonly id: string | undefined;
  readonly name: string;
  readonly sequence: number;
  readonly run: (context: TaskContext) => unknown;
  readonly shape: Shape;
  readonly needs: Needs | undefined;
  readonly priority: number;
  readonly submittedMs: number;
  readonly deadlineAtMs: number;
  readonly maxWaitMs: number;
  readonly estimateMs: number | undefined;
  readonly tenant: string | undefined;
  readonly preferred: CompiledSelector;
  readonly avoided: CompiledSelector;
  readonly estimate: Estimate;
}

/**
 * A task and its states: queued → running → succeeded, failed or cancelled; back to queued where its worker was removed by
 * force. Other than in its state, the ready queue, the cluster and the scheduler each write the fields that are theirs.
 */
export class Task implements PolicyTask, TaskFeatures, HeapItem, ExecutableTask {
  readonly name: string;
  readonly sequence: number;
  readonly shape: Shape;
  readonly needs: Needs | undefined;
  readonly priority: number;
  readonly submittedMs: number;
  readonly deadlineAtMs: number;
  readonly maxWaitMs: number;
  readonly estimateMs: number | undefined;
  readonly tenant: string | undefined;
  /** Labels it would like to find, and not to find. */
  readonly preferred: CompiledSelector;
  readonly avoided: CompiledSelector;
  readonly result: Promise<unknown>;
  readonly #id: string | undefined;
  readonly #run: (context: TaskContext) => unknown;

  state: TaskState = 'queued';
  estimate: Estimate;
  resolve!: (value: unknown) => void;
  reject!: (error: unknown) => void;

  // Of the ready queue.
  heapIndex = -1;
  due: DueEntry | undefined = undefined;
  overdue = false;
  parked = false;

  // Of the cluster: where it holds capacity, a cancelled one that has not stopped yet included.
  worker: ClusterWorker | undefined = undefined;
  runningIndex = -1;
  gpus: readonly number[] = [];
  startedMs = 0;
  /** Upper estimate of its run time; a higher one each time it has outlived it. */
  expectedMs = 0;
  reservation: Reservation | undefined = undefined;

  // Of the scheduler.
  attempt = 0;
  endedMs = 0;
  /** Its worker was removed by force while it ran. */
  evicted = false;
  workerId: string | undefined = undefined;
  /** The attempt under way. */
  current: Attempt | undefined = undefined;
  /** Stops listening to the caller's signal. */
  detach: (() => void) | undefined = undefined;

  constructor(details: TaskDetails) {
    this.name = details.name;
    this.sequence = details.sequence;
    this.shape = details.shape;
    this.needs = details.needs;
    this.priority = details.priority;
    this.submittedMs = details.submittedMs;
    this.deadlineAtMs = details.deadlineAtMs;
    this.maxWaitMs = details.maxWaitMs;
    this.estimateMs = details.estimateMs;
    this.tenant = details.tenant;
    this.preferred = details.preferred;
    this.avoided = details.avoided;
    this.estimate = details.estimate;
    this.#id = details.id;
    this.#run = details.run;
    this.result = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** Not made until asked for: most tasks end without anybody wanting their name. */
  get id(): string {
    return this.#id ?? `#${this.sequence}`;
  }

  /** As given to `submit()`. */
  get givenId(): string | undefined {
    return this.#id;
  }

  run(context: TaskContext): unknown {
    return this.#run(context);
  }
}
