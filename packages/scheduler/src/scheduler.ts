import { abortable } from './abortable.js';
import { Alarm } from './alarm.js';
import { Attempt } from './tasks/attempt.js';
import { AttemptRunner, type Outcomes } from './tasks/attempt-runner.js';
import { Backoff } from './queue/backoff.js';
import { Cluster } from './workers/cluster.js';
import { releaseReservation } from './workers/cluster-worker.js';
import { DeadlineWatch, type ServiceLevel } from './readings/deadline-watch.js';
import { closed, gangBroken, invalidOption, preempted, queueFull, workerRemoved as removedByForce } from './errors.js';
import { deadlineAtRisk, deadlineMissed, taskCancelled, taskFailed, taskPreempted, taskRequeued, taskRetried, taskStarted, taskSubmitted, taskSucceeded } from './events.js';
import type { Explanation } from './tasks/explanation.js';
import type { Gang } from './tasks/gang.js';
import type { Insights } from './readings/insights.js';
import { Intake, onEnd } from './intake.js';
import { Learning } from './readings/learning.js';
import { Ledger } from './readings/ledger.js';
import { resolveOptions, type ResolvedOptions, type SchedulerOptions } from './options.js';
import type { Estimate } from './estimation/estimator.js';
import { explain } from './placement/explain.js';
import { plan, rulesOf, type PlacedTask, type Rules } from './placement/plan.js';
import { preemption, waitsForMoreThanRoom } from './placement/preemption.js';
import { ReadyQueue } from './queue/ready-queue.js';
import { checkOptions, checkSignal } from './refusal.js';
import { pauseMs } from './tasks/retry.js';
import type { Scheduler } from './scheduler-api.js';
import { readStats, type SchedulerStats } from './stats.js';
import type { TaskHandle } from './tasks/task-handle.js';
import type { TaskOptions } from './tasks/task-options.js';
import type { Task, TaskOwner } from './tasks/task.js';
import type { TenantReading } from './queue/tenants.js';
import type { WorkerChanges, WorkerOptions, WorkerReading } from './workers/worker-options.js';
import { Workforce } from './workers/workforce.js';

/** @throws {SchedulerError} `ERR_SCHEDULER_INVALID_OPTION`. */
export function createScheduler(options: SchedulerOptions = {}): Scheduler {
  return new PlanningScheduler(resolveOptions(options));
}

/**
 * The shell around `plan()`: takes tasks in, asks for a plan when something has changed, starts what it says and sees to what
 * follows when it ends. What is queued is the ready queue's to know, what is taken the cluster's, what to refuse the intake's.
 */
class PlanningScheduler implements Scheduler, TaskOwner, Outcomes {
  readonly #options: ResolvedOptions;
  readonly #cluster = new Cluster<Task>();
  readonly #queue: ReadyQueue;
  readonly #intake: Intake;
  readonly #rules: Rules;
  readonly #learning: Learning;
  readonly #ledger: Ledger;
  readonly #deadlines: DeadlineWatch;
  readonly #runner: AttemptRunner;
  readonly #backoff = new Backoff();
  readonly #workforce: Workforce<Task>;
  /** For what becomes overdue or late: whoever awaits such a task keeps the process alive by what runs. */
  readonly #watchAlarm: Alarm;
  /** For retries: nothing else may be left to keep the process alive. */
  readonly #retryAlarm: Alarm;
  /** Placed, and started when the current job of the event loop is over. */
  #placed: PlacedTask[] = [];
  #preemptibleRunning = 0;
  /** A plan is due when the current job of the event loop is over. */
  #wakesUp = false;
  /** When that was found. */
  #wokenMs = 0;
  readonly #wake = (): void => this.#run();
  #state: 'open' | 'draining' | 'closed' = 'open';
  #idleWaiters: (() => void)[] = [];
  #closing: Promise<void> | undefined = undefined;

  constructor(options: ResolvedOptions) {
    this.#options = options;
    const { policy, clock, estimator, name } = options;
    this.#workforce = new Workforce(name, this.#cluster);
    this.#queue = new ReadyQueue(policy, (task, nowMs) => this.#deadlines.foretold(task, nowMs));
    this.#rules = rulesOf(policy, this.#cluster, (task, elapsedMs) => estimator.predict(task, elapsedMs));
    this.#learning = new Learning(estimator, this.#rules.scorer.experience, this.#cluster);
    this.#intake = new Intake(options, this.#cluster, this);
    this.#runner = new AttemptRunner(options.executor, this);
    this.#ledger = new Ledger(clock.now());
    this.#deadlines = new DeadlineWatch(() => this.#cluster.highestSpeed, {
      onRisk: (task) => deadlineAtRisk(name, task),
      onMiss: (task) => deadlineMissed(name, task),
    });
    this.#watchAlarm = new Alarm(clock, () => this.#wakeUp(clock.now()), { keepsAlive: false });
    this.#retryAlarm = new Alarm(clock, () => this.#wakeUp(clock.now()), { keepsAlive: true });
  }

  submit<Result>(options: TaskOptions<Result>): TaskHandle<Result> {
    try {
      return this.#accept(options) as TaskHandle<unknown> as TaskHandle<Result>; // What `run` gives is a Result.
    } catch (error) {
      this.#ledger.refusedTotal += 1;
      throw error;
    }
  }

  #accept(options: TaskOptions<unknown>): Task {
    const { name, clock } = this.#options;
    if (this.#state !== 'open') throw closed(name, this.#state);
    const nowMs = clock.now();
    const known = this.#intake.known(options, nowMs);
    if (known !== undefined) return known;
    const task = this.#intake.accept(options, nowMs);
    this.#checkRoom();
    if (options.gang === undefined) this.#queue.add(task, nowMs);
    else this.#queue.addApart(task);
    const gang = this.#intake.enter(task, options);
    if (gang?.isComplete === true) this.#queue.lineUp(gang.leader ?? task, nowMs);
    if (task.shape.tenant !== undefined) task.shape.tenant.queued += 1;
    this.#ledger.submittedTotal += 1;
    if (options.deadlineMs !== undefined) this.#deadlines.add(task, nowMs);
    taskSubmitted(name, task);
    if (options.signal !== undefined) this.#listen(task, options.signal);
    this.#wakeUp(nowMs);
    return task;
  }

  /** What could start at once does not count as queued, though its turn comes only after the current job. */
  #checkRoom(): void {
    const { name, maxQueued } = this.#options;
    if (this.#queue.size < maxQueued) return;
    this.#place();
    this.#wakeUp(this.#options.clock.now());
    if (this.#queue.size >= maxQueued) throw queueFull(name, maxQueued, this.#cluster.running);
  }

  #listen(task: Task, signal: AbortSignal): void {
    const cancel = (): void => void this.cancel(task, signal.reason);
    if (signal.aborted) return cancel();
    signal.addEventListener('abort', cancel, { once: true });
    onEnd(task, () => signal.removeEventListener('abort', cancel));
  }

  /** Plans once the current job of the event loop is over, so that what was submitted together is ordered together. */
  #wakeUp(nowMs: number): void {
    if (this.#wakesUp) return;
    this.#wakesUp = true;
    this.#wokenMs = nowMs;
    queueMicrotask(this.#wake);
  }

  /**
   * When an attempt ended. Of those that end by a promise and are told of before the plan that is due, all had settled when that was
   * found to be due, or their turn would come after it: the time then is theirs too, and a look at the clock is saved.
   */
  #endedMs(how: 'at once' | 'later'): number {
    return how === 'later' && this.#wakesUp ? this.#wokenMs : this.#options.clock.now();
  }

  #run(): void {
    this.#wakesUp = false;
    try {
      this.#place();
    } finally {
      this.#start();
    }
  }

  #start(): void {
    const placed = this.#placed;
    this.#placed = [];
    let failure: { readonly error: unknown } | undefined;
    for (const task of placed) {
      if (task.current?.aborted === false) taskStarted(this.#options.name, task);
      else task.attempt -= 1; // Told to stop before it began.
      try {
        this.#runner.run(task);
      } catch (error) {
        failure ??= { error }; // Of the caller's estimator: the others hold their capacity and must start.
      }
    }
    if (failure !== undefined) throw failure.error;
  }

  /** Asks for a plan and takes what it gives: capacity is held from here on. */
  #place(): void {
    const { clock } = this.#options;
    const nowMs = clock.now();
    for (let task = this.#backoff.next(nowMs); task !== undefined; task = this.#backoff.next(nowMs)) this.#lineUp(task, nowMs);
    const placed = plan(this.#queue, this.#cluster, this.#rules, nowMs);
    if (placed.length > 0) {
      this.#ledger.decisions.add(clock.now() - nowMs, placed.length);
      for (const task of placed) this.#begin(task, nowMs);
      this.#placed = this.#placed.length === 0 ? placed : [...this.#placed, ...placed];
    }
    if (this.#preemptibleRunning > 0) this.#preempt(nowMs);
    this.#deadlines.advance(nowMs);
    this.#setAlarms(nowMs);
  }

  /** A task apart gets in line; of a gang one alone, by which it stands there with all that are queued. */
  #lineUp(task: Task, nowMs: number): void {
    if (task.gang?.queued.some(({ place }) => place !== 'apart') !== true) this.#queue.lineUp(task, nowMs);
  }

  #setAlarms(nowMs: number): void {
    this.#watchAlarm.set(Math.min(this.#queue.nextDueMs, this.#deadlines.nextMs), nowMs);
    this.#retryAlarm.set(this.#backoff.nextMs, nowMs);
  }

  #begin(task: PlacedTask, nowMs: number): void {
    const { worker } = task;
    task.state = 'running';
    task.attempt += 1;
    task.workerId = worker.id;
    task.forgetEstimate(); // More may be known than when it was submitted.
    task.current = new Attempt(worker.id, task.attempt, task.gpus);
    if (task.failures > 0) this.#backoff.remove(task); // Started with its gang before its pause was over.
    if (task.preemptible) this.#preemptibleRunning += 1;
    if (task.shape.tenant !== undefined) task.shape.tenant.queued -= 1;
    if (task.watched !== undefined) this.#deadlines.changed(task, nowMs);
  }

  /** Stops tasks of lower priority for the first in line, which then has their worker set aside. */
  #preempt(nowMs: number): void {
    const task = this.#queue.peek();
    if (task === undefined || task.gang !== undefined || task.reservation?.firm === true || waitsForMoreThanRoom(task)) return;
    const found = preemption(task, this.#cluster, nowMs);
    if (found === undefined || found.victims.length === 0) return;
    releaseReservation(task);
    if (found.worker.reservation !== undefined) releaseReservation(found.worker.reservation.task);
    task.reservation = { task, worker: found.worker, startMs: nowMs, spare: { amounts: [], gpus: [] }, firm: true };
    found.worker.reservation = task.reservation;
    this.#ledger.preemptedTotal += found.victims.length;
    for (const victim of found.victims) {
      taskPreempted(this.#options.name, victim);
      this.#evict(victim, preempted(task.id));
    }
  }

  /** Stops a task that is to run again; a gang runs again together. */
  #evict(task: Task, reason: unknown): void {
    for (const member of task.gang?.members ?? [task]) {
      if (member.state !== 'running' || member.evicted) continue;
      member.evicted = true;
      member.current?.abort(reason);
    }
  }

  succeeded(task: Task, value: unknown, how: 'at once' | 'later'): void {
    const { worker } = task;
    const speed = this.#release(task, this.#endedMs(how));
    if (task.evicted) this.#endedAllTheSame(task);
    if (task.state === 'cancelled') return this.#settled(task);
    task.succeededWith(value);
    this.#end(task, 'succeeded');
    taskSucceeded(this.#options.name, task, speed);
    this.#deadlines.ended(task, task.endedMs <= task.deadlineAtMs);
    this.#settled(task);
    // Last, as an estimator of the caller's own might throw.
    if (this.#learning.ran(task, worker, (task.endedMs - task.startedMs) * speed)) this.#queue.learned(task);
  }

  failed(task: Task, error: unknown, how: 'at once' | 'later'): void {
    const speed = this.#release(task, this.#endedMs(how));
    if (task.state === 'cancelled') {
      if (task.evicted) this.#endedAllTheSame(task);
      return this.#settled(task);
    }
    if (task.evicted) return this.#requeue(task);
    task.failures += 1;
    let failure = error;
    let pause: number | undefined;
    try {
      pause = pauseMs(task.retry, error, task.failures, this.#options.random);
    } catch (thrown) {
      failure = thrown; // By `retry.when`: it must not keep the task from its end.
    }
    if (task.state !== 'running') return; // It was cancelled there.
    if (pause !== undefined && this.#state !== 'closed') return this.#retry(task, pause);
    task.failedWith(failure);
    this.#end(task, 'failed');
    taskFailed(this.#options.name, task, speed);
    this.#deadlines.ended(task, false);
    this.#settled(task);
  }

  /** The attempt is over: gives its capacity back, and the speed it was run with. */
  #release(task: Task, nowMs: number): number {
    task.endedMs = nowMs;
    task.current = undefined;
    if (task.preemptible) this.#preemptibleRunning -= 1;
    const worker = this.#cluster.release(task, nowMs);
    if (worker?.draining === true) this.#workforce.departIfIdle(worker);
    return worker?.speed ?? 1;
  }

  /** It was told to stop and to run again, but it will not: others of its gang must not wait for it. */
  #endedAllTheSame(task: Task): void {
    task.evicted = false;
    if (task.gang !== undefined) this.#regroup(task.gang, task.endedMs);
  }

  #requeue(task: Task): void {
    task.evicted = false;
    this.#ledger.requeuedTotal += 1;
    this.#goBack(task);
    const { gang } = task;
    if (gang === undefined) this.#queue.add(task, task.endedMs);
    else {
      this.#queue.addApart(task);
      this.#regroup(gang, task.endedMs);
    }
    taskRequeued(this.#options.name, task); // Whoever is told of it may cancel it.
    if (this.#state === 'closed') this.cancel(task, closed(this.#options.name, 'closed'));
    else this.#wakeUp(task.endedMs);
  }

  /** A gang gets in line again when all its members that were told to stop have stopped. */
  #regroup(gang: Gang<Task>, nowMs: number): void {
    if (gang.members.some(({ evicted }) => evicted)) return;
    const { leader } = gang;
    if (leader !== undefined) this.#lineUp(leader, nowMs);
  }

  #retry(task: Task, pause: number): void {
    this.#ledger.retriedTotal += 1;
    this.#goBack(task);
    this.#queue.addApart(task);
    this.#backoff.add(task, task.endedMs + pause);
    taskRetried(this.#options.name, task, pause);
    this.#wakeUp(task.endedMs);
  }

  #goBack(task: Task): void {
    task.state = 'queued';
    if (task.shape.tenant !== undefined) task.shape.tenant.queued += 1;
    if (task.watched !== undefined) this.#deadlines.changed(task, task.endedMs);
  }

  #end(task: Task, state: 'succeeded' | 'failed' | 'cancelled'): void {
    this.#ledger.ended(state, task.endedMs);
    if (task.givenId !== undefined || task.gang !== undefined) this.#intake.leave(task);
    if (task.detach === undefined) return;
    task.detach();
    task.detach = undefined;
  }

  /** Something has ended: there may be room for others, or nothing left to wait for. */
  #settled({ endedMs }: Task): void {
    if (this.#queue.size > 0) this.#wakeUp(endedMs);
    else if (this.#cluster.running === 0) {
      this.#setAlarms(endedMs);
      const waiters = this.#idleWaiters;
      this.#idleWaiters = [];
      for (const resolve of waiters) resolve();
    }
  }

  predict(task: Task): Estimate {
    return this.#learning.predict(task);
  }

  cancel(task: Task, reason: unknown): boolean {
    if (task.state !== 'queued' && task.state !== 'running') return false;
    const wasQueued = task.state === 'queued';
    task.endedMs = this.#options.clock.now();
    if (wasQueued) {
      releaseReservation(task);
      this.#queue.remove(task);
      if (task.failures > 0) {
        this.#backoff.remove(task);
        this.#retryAlarm.set(this.#backoff.nextMs, task.endedMs); // Its pause keeps nobody alive any more.
      }
      if (task.shape.tenant !== undefined) task.shape.tenant.queued -= 1;
    }
    task.cancelledFor(reason);
    this.#end(task, 'cancelled');
    this.#deadlines.ended(task, undefined);
    taskCancelled(this.#options.name, task);
    task.current?.abort(reason);
    // What starts together or not at all will not start.
    if (wasQueued && task.gang !== undefined) for (const member of task.gang.queued) this.cancel(member, gangBroken(task.gang.id, task.id, reason));
    this.#settled(task);
    return true;
  }

  explain(task: Task): Explanation {
    const { policy, clock } = this.#options;
    return explain(task, { strategy: policy.name, queue: this.#queue, cluster: this.#cluster, rules: this.#rules }, clock.now());
  }

  addWorker(options: WorkerOptions): void {
    if (this.#state === 'closed') throw closed(this.#options.name, 'closed');
    this.#workforce.add(options, this.#options.clock.now());
    this.#reconsider();
  }

  updateWorker(id: string, changes: WorkerChanges): void {
    this.#workforce.update(id, changes, this.#options.clock.now());
    this.#openToOthers(id);
    this.#reconsider();
  }

  /** The workers have changed: tasks that none could run get in line again. */
  #reconsider(): void {
    this.#queue.unparkAll();
    this.#wakeUp(this.#options.clock.now());
  }

  removeWorker(id: string, options: { readonly force?: boolean } = {}): Promise<void> {
    const gone = this.#workforce.remove(id, options, (task) => this.#evict(task, removedByForce(id)));
    this.#openToOthers(id);
    this.#wakeUp(this.#options.clock.now()); // What was reserved there may find another place.
    return gone;
  }

  /** The task that the worker was set aside for may not be able to run there any more. */
  #openToOthers(id: string): void {
    const reservation = this.#cluster.workers.find((worker) => worker.id === id)?.reservation;
    if (reservation !== undefined) releaseReservation(reservation.task);
  }

  workers(): WorkerReading[] {
    return this.#workforce.reading(this.#options.clock.now());
  }

  stats(): SchedulerStats {
    return readStats({ queue: this.#queue, cluster: this.#cluster, ledger: this.#ledger, deadlines: this.#deadlines, learning: this.#learning }, this.#options.clock.now());
  }

  serviceLevels(): Record<string, ServiceLevel> {
    return this.#deadlines.levels();
  }

  tenants(): Record<string, TenantReading> {
    return this.#intake.tenants.reading();
  }

  insights(): Insights {
    return this.#learning.reading();
  }

  exportModel(): unknown {
    return this.#learning.exportModel();
  }

  importModel(model: unknown): void {
    this.#learning.importModel(model);
  }

  async drain(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    checkOptions(options, ['signal']);
    const { signal } = options;
    checkSignal(signal);
    signal?.throwIfAborted();
    if (this.#state === 'open') this.#state = 'draining';
    await abortable(this.#idle(), signal);
  }

  close(options: { readonly running?: 'abort' | 'await' } = {}): Promise<void> {
    checkOptions(options, ['running']);
    const { running = 'abort' } = options;
    if (running !== 'abort' && running !== 'await') throw invalidOption('running', running, "'abort' or 'await'");
    this.#state = 'closed';
    const nowMs = this.#options.clock.now();
    this.#watchAlarm.set(Infinity, nowMs);
    this.#retryAlarm.set(Infinity, nowMs);
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
