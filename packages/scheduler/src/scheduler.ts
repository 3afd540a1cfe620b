import { abortable } from './abortable.js';
import { Attempt } from './attempt.js';
import type { Timer } from './clock.js';
import { Cluster } from './cluster.js';
import type { ClusterWorker } from './cluster-worker.js';
import { DecisionLatency } from './decision-latency.js';
import { Departures } from './departures.js';
import { cancelled, closed, duplicateTask, invalidOption, neverFits, queueFull, workerRemoved as removedByForce } from './errors.js';
import { deadlineMissed, taskCancelled, taskFailed, taskRequeued, taskStarted, taskSubmitted, taskSucceeded, workerAdded, workerRemoved } from './events.js';
import type { Explanation } from './explanation.js';
import { InsightsTracker, type Insights } from './insights.js';
import { compileSelector } from './labels.js';
import { resolveOptions, type ResolvedOptions, type SchedulerOptions } from './options.js';
import { detail, explain } from './placement/explain.js';
import { labelsMatch } from './placement/filter.js';
import { isPlaceable, plan, rulesOf, type Rules } from './placement/plan.js';
import { releaseReservation } from './placement/reservation.js';
import { ReadyQueue } from './ready-queue.js';
import { Shapes, type Shape } from './shape.js';
import type { SchedulerStats } from './stats.js';
import { checkSubmission } from './submission.js';
import { Handle, type HandleOwner, type TaskHandle } from './task-handle.js';
import type { TaskOptions } from './task-options.js';
import { Task } from './task.js';
import { Throughput } from './throughput.js';
import { checkWorkerChanges, resolveWorkerOptions, type WorkerChanges, type WorkerOptions, type WorkerReading } from './worker-options.js';

/** Beyond it Node's timers fire after 1 ms. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** Places tasks on workers. */
export interface Scheduler extends AsyncDisposable {
  /**
   * Takes a task; it starts no sooner than after the current job of the event loop, so that tasks submitted together are
   * ordered together.
   * @throws {SchedulerError} `ERR_SCHEDULER_INVALID_OPTION`, `ERR_SCHEDULER_DEADLINE_PASSED`, `ERR_SCHEDULER_DUPLICATE_TASK`,
   * `ERR_SCHEDULER_QUEUE_FULL`, `ERR_SCHEDULER_CLOSED`; `ERR_SCHEDULER_NEVER_FITS` if no worker now here could run it even
   * when idle, unless `waitForCapacity`.
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
  /** How good the predictions have been. */
  insights(): Insights;
  /** What the estimator has learned, as plain JSON; for `importModel()` after a restart. */
  exportModel(): unknown;
  /** Replaces what the estimator has learned. @throws {SchedulerError} `ERR_SCHEDULER_INVALID_MODEL`, and changes nothing. */
  importModel(model: unknown): void;
  /** Takes no more tasks; settles when all it has have ended. Aborting ends the wait, not the draining. */
  drain(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /**
   * Takes no more tasks, rejects the queued ones with `ERR_SCHEDULER_CLOSED`; settles when nothing runs any more. Running tasks
   * are aborted and reject the same way, or awaited. Idempotent; a second call may still turn `await` into `abort`.
   */
  close(options?: { /** @default 'abort' */ readonly running?: 'abort' | 'await' }): Promise<void>;
}

/** @throws {SchedulerError} `ERR_SCHEDULER_INVALID_OPTION`. */
export function createScheduler(options: SchedulerOptions = {}): Scheduler {
  return new PlanningScheduler(resolveOptions(options));
}

/**
 * The shell around `plan()`: takes tasks in, asks for a plan when something has changed, starts what it says and reports how it
 * ended. What is queued is the ready queue's to know, what is taken the cluster's.
 */
class PlanningScheduler implements Scheduler, HandleOwner {
  readonly #options: ResolvedOptions;
  readonly #cluster = new Cluster();
  readonly #shapes = new Shapes(this.#cluster.dimensions);
  readonly #queue: ReadyQueue;
  readonly #rules: Rules;
  readonly #insights = new InsightsTracker();
  readonly #latency = new DecisionLatency();
  readonly #throughput: Throughput;
  /** Tasks with an id of their own, queued or running. */
  readonly #named = new Map<string, Task>();
  readonly #departures = new Departures();
  /** Placed, and started when the current job of the event loop is over. */
  #placed: Task[] = [];
  #sequence = 0;
  #wakesUp = false;
  #dueTimer: Timer | undefined = undefined;
  #dueAtMs = Infinity;
  #state: 'open' | 'draining' | 'closed' = 'open';
  #idleWaiters: (() => void)[] = [];
  #closing: Promise<void> | undefined = undefined;
  readonly #counts = { submittedTotal: 0, refusedTotal: 0, succeededTotal: 0, failedTotal: 0, cancelledTotal: 0, requeuedTotal: 0, deadlinesMetTotal: 0, deadlinesMissedTotal: 0 };

  constructor(options: ResolvedOptions) {
    this.#options = options;
    const { policy, clock } = options;
    this.#queue = new ReadyQueue((task, nowMs) => policy.order(task, nowMs), policy.reorders ?? false);
    this.#rules = rulesOf(policy, this.#cluster, (task, elapsedMs) => options.estimator.predict(task, elapsedMs));
    this.#throughput = new Throughput(clock.now());
  }

  submit<Result>(options: TaskOptions<Result>): TaskHandle<Result> {
    try {
      return new Handle<Result>(this.#accept(options), this);
    } catch (error) {
      this.#counts.refusedTotal += 1;
      throw error;
    }
  }

  #accept(options: TaskOptions<unknown>): Task {
    if (this.#state !== 'open') throw closed(this.#options.name, this.#state);
    checkSubmission(options);
    const { id, name, run, needs, priority = 0, deadlineMs = Infinity, maxWaitMs = Infinity, estimateMs, affinity, antiAffinity, tenant, signal } = options;
    if (id !== undefined && this.#named.has(id)) throw duplicateTask(id);
    const shape = this.#shapes.of(needs, affinity, antiAffinity);
    const preferred = compileSelector(affinity?.preferred, 'affinity.preferred');
    const avoided = compileSelector(antiAffinity?.preferred, 'antiAffinity.preferred');
    if (options.waitForCapacity !== true && !isPlaceable(shape, this.#cluster)) throw neverFits(name, this.#shortcomings(shape));
    this.#checkRoom();

    const nowMs = this.#options.clock.now();
    const estimate = this.#options.estimator.predict({ name, tenant, estimateMs, needs });
    const deadlineAtMs = nowMs + deadlineMs;
    const sequence = this.#sequence;
    const task = new Task({ id, name, sequence, run, shape, needs, priority, submittedMs: nowMs, deadlineAtMs, maxWaitMs, estimateMs, tenant, preferred, avoided, estimate });
    this.#queue.add(task, nowMs);
    this.#sequence += 1;
    this.#counts.submittedTotal += 1;
    if (id !== undefined) this.#named.set(id, task);
    taskSubmitted(this.#options.name, task);
    if (signal !== undefined) this.#listen(task, signal);
    this.#wakeUp();
    return task;
  }

  /** What could start at once does not count as queued, though its turn comes only after the current job. */
  #checkRoom(): void {
    const { name, maxQueued } = this.#options;
    if (this.#queue.size < maxQueued) return;
    this.#place();
    this.#wakeUp();
    if (this.#queue.size >= maxQueued) throw queueFull(name, maxQueued, this.#cluster.running);
  }

  #shortcomings(shape: Shape): string[] {
    return this.#cluster.workers.map((worker) => {
      const obstacle = worker.draining ? 'draining' : labelsMatch(shape, worker) ? 'capacity' : 'label';
      return `${worker.id}: ${detail(obstacle, { shape }, worker, this.#cluster)}`;
    });
  }

  #listen(task: Task, signal: AbortSignal): void {
    const cancel = (): void => void this.cancel(task, signal.reason);
    if (signal.aborted) return cancel();
    signal.addEventListener('abort', cancel, { once: true });
    task.detach = () => signal.removeEventListener('abort', cancel);
  }

  /** Plans once the current job of the event loop is over, so that what was submitted together is ordered together. */
  #wakeUp(): void {
    if (this.#wakesUp) return;
    this.#wakesUp = true;
    queueMicrotask(() => {
      this.#wakesUp = false;
      this.#place();
      const placed = this.#placed;
      this.#placed = [];
      for (const task of placed) this.#start(task);
    });
  }

  /** Asks for a plan and takes what it gives: capacity is held from here on. */
  #place(): void {
    const { clock, estimator } = this.#options;
    const nowMs = clock.now();
    const placements = plan(this.#queue, this.#cluster, this.#rules, nowMs);
    if (placements.length > 0) this.#latency.add(clock.now() - nowMs, placements.length);
    for (const { task, worker } of placements) {
      task.state = 'running';
      task.attempt += 1;
      task.workerId = worker.id;
      task.estimate = estimator.predict(task); // More may be known than when it was submitted.
      task.expectedMs = task.estimate.upperMs;
      task.current = new Attempt(worker.id, task.attempt, task.gpus);
      this.#placed.push(task);
    }
    this.#armDueTimer(nowMs);
  }

  /** One timer, for the next task to become overdue. */
  #armDueTimer(nowMs: number): void {
    const dueAtMs = this.#queue.nextDueMs;
    if (dueAtMs === this.#dueAtMs) return;
    this.#dueTimer?.close();
    this.#dueTimer = undefined;
    this.#dueAtMs = dueAtMs;
    if (dueAtMs === Infinity) return;
    const wake = (): void => {
      this.#dueAtMs = Infinity;
      this.#wakeUp();
    };
    // Later than a timer can hold, it wakes too early and is set again.
    this.#dueTimer = this.#options.clock.setTimeout(wake, Math.min(MAX_DELAY_MS, Math.max(1, Math.ceil(dueAtMs - nowMs))));
    this.#dueTimer.unref();
  }

  #start(task: Task): void {
    const attempt = task.current;
    // Cancelled, or its worker removed, between plan and start: the attempt ends before it began.
    if (attempt === undefined || attempt.aborted) return this.#failed(task, undefined);
    taskStarted(this.#options.name, task);
    let value: unknown;
    let running: Promise<unknown> | undefined;
    try {
      value = this.#options.executor.execute(task, attempt);
      // A promise of our own: what is merely like one may throw when asked for `then`, or settle twice.
      if (isThenable(value)) running = Promise.resolve(value);
    } catch (error) {
      return this.#failed(task, error);
    }
    if (running === undefined) return this.#succeeded(task, value);
    running.then(
      (result) => this.#succeeded(task, result),
      (error: unknown) => this.#failed(task, error),
    );
  }

  #succeeded(task: Task, value: unknown): void {
    const speed = this.#release(task);
    if (task.state === 'cancelled') return this.#settled();
    const { estimator, name } = this.#options;
    const durationMs = (task.endedMs - task.startedMs) * speed;
    estimator.observe(task, durationMs);
    this.#insights.observe(task.name, task.estimate, durationMs);
    this.#end(task, 'succeeded');
    task.resolve(value);
    taskSucceeded(name, task, speed);
    this.#countDeadline(task, task.endedMs <= task.deadlineAtMs, speed);
    this.#settled();
  }

  #failed(task: Task, error: unknown): void {
    const speed = this.#release(task);
    if (task.state === 'cancelled') return this.#settled();
    if (task.evicted) return this.#requeue(task);
    this.#end(task, 'failed');
    task.reject(error);
    taskFailed(this.#options.name, task, speed);
    this.#countDeadline(task, false, speed);
    this.#settled();
  }

  /** The attempt is over: gives its capacity back, and the speed it was run with. */
  #release(task: Task): number {
    task.endedMs = this.#options.clock.now();
    task.current = undefined;
    const worker = this.#cluster.release(task, task.endedMs);
    if (worker !== undefined && worker.running.length === 0) this.#depart(worker);
    return worker?.speed ?? 1;
  }

  #requeue(task: Task): void {
    task.evicted = false;
    task.state = 'queued';
    this.#counts.requeuedTotal += 1;
    taskRequeued(this.#options.name, task);
    this.#queue.add(task, task.endedMs);
    if (this.#state === 'closed') this.cancel(task, closed(this.#options.name, 'closed'));
    else this.#wakeUp();
  }

  #end(task: Task, state: 'succeeded' | 'failed' | 'cancelled'): void {
    task.state = state;
    task.detach?.();
    task.detach = undefined;
    if (task.givenId !== undefined) this.#named.delete(task.givenId);
    this.#counts[`${state}Total`] += 1;
    this.#throughput.add(this.#options.clock.now());
  }

  #countDeadline(task: Task, met: boolean, speed: number): void {
    if (task.deadlineAtMs === Infinity) return;
    if (met) this.#counts.deadlinesMetTotal += 1;
    else {
      this.#counts.deadlinesMissedTotal += 1;
      deadlineMissed(this.#options.name, task, speed);
    }
  }

  /** Something has ended: there may be room for others, or nothing left to wait for. */
  #settled(): void {
    if (this.#queue.size > 0) this.#wakeUp();
    else if (this.#cluster.running === 0) {
      const waiters = this.#idleWaiters;
      this.#idleWaiters = [];
      for (const resolve of waiters) resolve();
    }
  }

  cancel(task: Task, reason: unknown = cancelled(task.id, task.name)): boolean {
    if (task.state !== 'queued' && task.state !== 'running') return false;
    if (task.state === 'queued') {
      releaseReservation(task);
      this.#queue.remove(task);
      task.endedMs = this.#options.clock.now();
    }
    this.#end(task, 'cancelled');
    task.result.catch(() => {}); // Whoever cancels knows; only failures are worth an unhandled rejection.
    task.reject(reason);
    taskCancelled(this.#options.name, task);
    task.current?.abort(reason);
    this.#settled();
    return true;
  }

  explain(task: Task): Explanation {
    const { policy, clock } = this.#options;
    return explain(task, { strategy: policy.name, queue: this.#queue, cluster: this.#cluster, rules: this.#rules }, clock.now());
  }

  addWorker(options: WorkerOptions): void {
    if (this.#state === 'closed') throw closed(this.#options.name, 'closed');
    const worker = resolveWorkerOptions(options);
    this.#cluster.add(worker, this.#options.clock.now());
    workerAdded(this.#options.name, worker.id);
    this.#reconsider();
  }

  updateWorker(id: string, changes: WorkerChanges): void {
    checkWorkerChanges(changes);
    this.#cluster.update(this.#cluster.get(id), changes, this.#options.clock.now());
    this.#reconsider();
  }

  /** The workers have changed: tasks that none could run get in line again. */
  #reconsider(): void {
    this.#queue.unparkAll();
    this.#wakeUp();
  }

  removeWorker(id: string, { force = false, ...unknown }: { readonly force?: boolean } = {}): Promise<void> {
    for (const option of Object.keys(unknown)) throw invalidOption(option, 'given', 'force');
    if (typeof force !== 'boolean') throw invalidOption('force', force, 'true or false');
    const worker = this.#cluster.get(id);
    if (!this.#departures.has(worker)) this.#cluster.retire(worker);
    const gone = this.#departures.gone(worker);
    if (force)
      // A copy: what listens to the abort may end its task at once.
      for (const task of worker.running.slice()) {
        task.evicted = true;
        task.current?.abort(removedByForce(id));
      }
    if (worker.running.length === 0) this.#depart(worker);
    else this.#wakeUp(); // What was reserved there may find another place.
    return gone;
  }

  /** A worker without tasks goes, if it was told to. */
  #depart(worker: ClusterWorker): void {
    if (!this.#departures.has(worker)) return;
    this.#cluster.remove(worker);
    workerRemoved(this.#options.name, worker.id);
    this.#departures.end(worker);
  }

  workers(): WorkerReading[] {
    const nowMs = this.#options.clock.now();
    return this.#cluster.workers.map((worker) => ({
      id: worker.id,
      state: worker.draining ? 'draining' : 'active',
      running: worker.running.length,
      utilisationRatio: worker.share,
      meanUtilisationRatio: worker.meanShare(nowMs),
      labels: worker.labels,
      pricePerHour: worker.pricePerHour,
      speed: worker.speed,
    }));
  }

  stats(): SchedulerStats {
    const { workers, running } = this.#cluster;
    return {
      pending: this.#queue.size,
      running,
      workers: workers.length,
      ...this.#counts,
      throughputPerSecond: this.#throughput.perSecond(this.#options.clock.now()),
      decisionMeanMs: this.#latency.meanMs,
      decisionP99Ms: this.#latency.p99Ms,
      utilisationRatio: workers.length === 0 ? 0 : workers.reduce((sum, { share }) => sum + share, 0) / workers.length,
    };
  }

  insights(): Insights {
    return this.#insights.reading();
  }

  exportModel(): unknown {
    return this.#options.estimator.exportModel();
  }

  importModel(model: unknown): void {
    this.#options.estimator.importModel(model);
  }

  async drain({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    signal?.throwIfAborted();
    if (this.#state === 'open') this.#state = 'draining';
    await abortable(this.#idle(), signal);
  }

  close({ running = 'abort' }: { readonly running?: 'abort' | 'await' } = {}): Promise<void> {
    if (running !== 'abort' && running !== 'await') throw invalidOption('running', running, "'abort' or 'await'");
    this.#state = 'closed';
    this.#dueTimer?.close();
    this.#dueTimer = undefined;
    const reason = closed(this.#options.name, 'closed');
    for (const task of this.#queue.all()) this.cancel(task, reason);
    if (running === 'abort') for (const worker of this.#cluster.workers.slice()) for (const task of worker.running.slice()) this.cancel(task, reason);
    this.#closing ??= this.#idle();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Settles when nothing is queued and nothing runs. */
  #idle(): Promise<void> {
    if (this.#queue.size === 0 && this.#cluster.running === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { readonly then?: unknown }).then === 'function';
}
