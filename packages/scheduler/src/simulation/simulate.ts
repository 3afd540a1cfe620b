import { Cluster } from '../workers/cluster.js';
import { invalidOption, invalidTrace } from '../errors.js';
import type { Estimate, TaskFeatures } from '../estimation/estimator.js';
import { LearnedEstimator } from '../estimation/learned.js';
import { IndexedHeap, type HeapItem } from '../queue/indexed-heap.js';
import { InsightsTracker } from '../readings/insights.js';
import { compileWishes } from '../workers/labels.js';
import { resolveStrategy } from '../options.js';
import { checkMethods, checkOptions } from '../refusal.js';
import { isPlaceable, plan, rulesOf, type Rules } from '../placement/plan.js';
import { outlive } from '../placement/reservation.js';
import { ReadyQueue } from '../queue/ready-queue.js';
import { Shapes } from '../tasks/shape.js';
import type { Policy, StrategyName } from '../strategies/policy.js';
import { NO_TERMS, Task } from '../tasks/task.js';
import { resolveWorkerOptions, type WorkerOptions } from '../workers/worker-options.js';
import { measure, type Measures } from './measures.js';
import type { TaskOutcome } from './outcome.js';
import { checkTraceTask, type Trace, type TraceTask } from './trace.js';

/** What predicts run times in a simulation: any `Estimator` does; one that looks at `runMs` is clairvoyant. */
export interface SimulationEstimator {
  predict(task: TraceTask & TaskFeatures, elapsedMs: number): Estimate;
  /** `task` ended after `durationMs` on a worker of speed 1. */
  observe(task: TraceTask & TaskFeatures, durationMs: number): void;
}

export interface SimulationOptions {
  /** @default what the scheduler has by default, with nothing learned yet */
  readonly estimator?: SimulationEstimator;
  /** Run times below it count as that long where a slowdown is computed. In ms, above 0. @default 10_000 */
  readonly shortestRunMs?: number;
  /** Called about a hundred times, with the share of tasks that have ended; the last time with 1. */
  readonly onProgress?: (doneRatio: number) => void;
}

export interface Simulation {
  readonly measures: Measures;
  /** In the order the tasks were submitted. */
  readonly outcomes: readonly TaskOutcome[];
  /** Tasks that no worker could run even when idle. */
  readonly refused: readonly TraceTask[];
}

/**
 * Runs a trace through the decision core of the live scheduler, `plan()`, with the same queue, the same book of capacity and the
 * same learning of run times; only time is an event list. Workers are as fast as their `speed` says, so that nothing is to be learned of
 * them; gangs are not simulated. Deterministic.
 *
 * Events of one moment are told one by one, submissions before ends, and each asks for a plan of its own, for which whatever was
 * expected to end at that moment has ended: so did the simulators whose results are published.
 * @throws {SchedulerError} `ERR_SCHEDULER_INVALID_TRACE`, `ERR_SCHEDULER_INVALID_OPTION`.
 */
export function simulate(trace: Trace | readonly TraceTask[], cluster: readonly WorkerOptions[], policy: StrategyName | Policy = 'adaptive', options: SimulationOptions = {}): Simulation {
  checkOptions(options, ['estimator', 'shortestRunMs', 'onProgress']);
  const { estimator = new LearnedEstimator(), shortestRunMs = 10_000, onProgress = () => {} } = options;
  if (!(typeof shortestRunMs === 'number' && shortestRunMs > 0)) throw invalidOption('shortestRunMs', shortestRunMs, 'a number above 0');
  checkMethods('estimator', estimator, ['predict', 'observe']);
  if (typeof onProgress !== 'function') throw invalidOption('onProgress', onProgress, 'a function');
  if (!Array.isArray(cluster) || cluster.length === 0) throw invalidOption('cluster', cluster, 'an array of workers, at least one');
  const tasks = typeof trace === 'object' && trace !== null && 'tasks' in trace ? trace.tasks : trace;
  if (!Array.isArray(tasks)) throw invalidTrace('it is neither an array of tasks nor has one as tasks');
  for (const [index, task] of tasks.entries()) checkTraceTask(task, `task ${index}`);
  return new Loop(tasks, cluster, resolveStrategy(policy), estimator).run(shortestRunMs, onProgress);
}

type TracedFeatures = TraceTask & TaskFeatures;

/** A running task in the list of what ends next. */
class Running implements HeapItem {
  heapIndex = -1;
  /** Ties end in the order they started. */
  readonly sequence: number;
  readonly task: Task;
  readonly traced: TracedFeatures;

  constructor(sequence: number, task: Task, traced: TracedFeatures) {
    this.sequence = sequence;
    this.task = task;
    this.traced = traced;
  }
}

class Loop {
  readonly #arrivals: readonly TraceTask[];
  readonly #cluster = new Cluster<Task>();
  readonly #shapes = new Shapes<Task>(this.#cluster.dimensions);
  readonly #queue: ReadyQueue;
  readonly #rules: Rules;
  readonly #estimator: SimulationEstimator;
  readonly #insights = new InsightsTracker();
  readonly #ends = new IndexedHeap<Running>();
  readonly #traced = new Map<TaskFeatures, TraceTask & TaskFeatures>();
  readonly #outcomes: { readonly sequence: number; readonly outcome: TaskOutcome }[] = [];
  readonly #refused: TraceTask[] = [];
  #nowMs = 0;
  #starts = 0;

  constructor(tasks: readonly TraceTask[], workers: readonly WorkerOptions[], policy: Policy, estimator: SimulationEstimator) {
    this.#arrivals = tasks.toSorted((a, b) => a.submitMs - b.submitMs);
    this.#queue = new ReadyQueue(policy);
    this.#rules = rulesOf(policy, this.#cluster, (task, elapsedMs) => estimator.predict(this.#traced.get(task) as TracedFeatures, elapsedMs));
    this.#estimator = estimator;
    this.#nowMs = this.#arrivals[0]?.submitMs ?? 0;
    for (const worker of workers) this.#cluster.add(resolveWorkerOptions(worker), this.#nowMs);
  }

  run(shortestRunMs: number, onProgress: (doneRatio: number) => void): Simulation {
    const step = Math.ceil(this.#arrivals.length / 100);
    let arrived = 0;
    let reported = 0;
    for (;;) {
      const nextMs = Math.min(this.#ends.peekKey(), this.#queue.nextDueMs, this.#arrivals[arrived]?.submitMs ?? Infinity);
      if (nextMs === Infinity) break;
      this.#nowMs = nextMs;
      const due = this.#popDue();
      const expected = due.filter((running) => this.#isExpected(running));
      for (let arrival = this.#arrivals[arrived]; arrival?.submitMs === nextMs; arrival = this.#arrivals[(arrived += 1)]) {
        for (const { task } of expected) this.#release(task);
        this.#submit(arrival, arrived);
        this.#place();
      }
      for (const running of due) {
        for (const { task } of [running, ...expected]) this.#release(task);
        this.#end(running);
        this.#place();
      }
      if (due.length === 0) this.#place(); // A task has become overdue.
      if (this.#outcomes.length >= reported + step) onProgress((reported = this.#outcomes.length) / this.#arrivals.length);
    }
    onProgress(1);
    const outcomes = this.#outcomes.sort((a, b) => a.sequence - b.sequence).map(({ outcome }) => outcome);
    const { accuracyRatio, coverageRatio } = this.#insights.reading();
    return { measures: { ...measure(outcomes, this.#cluster.workers, shortestRunMs), refused: this.#refused.length, accuracyRatio, coverageRatio }, outcomes, refused: this.#refused };
  }

  #submit(traceTask: TraceTask, sequence: number): void {
    const { id, name, needs, priority = 0, deadlineMs = Infinity, maxWaitMs = Infinity, estimateMs, affinity, antiAffinity, tenant } = traceTask;
    const shape = this.#shapes.of({ needs, affinity, antiAffinity });
    if (!isPlaceable(shape, this.#cluster)) {
      this.#refused.push(traceTask);
      return;
    }
    const traced = { tenant: undefined, estimateMs: undefined, needs: undefined, ...traceTask };
    const task = new Task({
      name, sequence, shape, priority, submittedMs: this.#nowMs, owner: { predict: () => this.#estimator.predict(traced, 0) },
      terms: { ...NO_TERMS, id, needs, deadlineAtMs: this.#nowMs + deadlineMs, maxWaitMs, estimateMs, tenant, wishes: compileWishes(affinity, antiAffinity) },
    });
    void task.estimate; // By what is known when it comes.
    this.#traced.set(task, traced);
    this.#queue.add(task, this.#nowMs);
  }

  #place(): void {
    if (this.#queue.size === 0) return;
    for (const task of plan(this.#queue, this.#cluster, this.#rules, this.#nowMs)) {
      const traced = this.#traced.get(task) as TracedFeatures;
      task.state = 'running';
      task.workerId = task.worker.id;
      task.forgetEstimate();
      void task.estimate;
      this.#ends.push(new Running(this.#starts, task, traced), this.#nowMs + traced.runMs / task.worker.speed);
      this.#starts += 1;
    }
  }

  /** What ends now, in the order it started. */
  #popDue(): Running[] {
    const due: Running[] = [];
    while (this.#ends.peekKey() === this.#nowMs) due.push(this.#ends.pop() as Running);
    return due;
  }

  /** Does it end at the very moment at which it was expected to? */
  #isExpected({ task }: Running): boolean {
    const elapsedMs = (this.#nowMs - task.startedMs) * (task.worker?.speed ?? 1);
    while (task.expectedMs < elapsedMs) outlive(task, task.expectedMs, this.#rules);
    return task.expectedMs === elapsedMs;
  }

  #release(task: Task): void {
    if (task.worker !== undefined) this.#cluster.release(task, this.#nowMs);
  }

  #end({ task, traced }: Running): void {
    this.#traced.delete(task);
    this.#estimator.observe(traced, traced.runMs);
    this.#queue.learned(task);
    this.#insights.observe(task.name, task.estimate, traced.runMs);
    const outcome = { task: traced, workerId: task.workerId ?? '', waitMs: task.startedMs - task.submittedMs, startMs: task.startedMs, endMs: this.#nowMs, estimate: task.estimate };
    this.#outcomes.push({ sequence: task.sequence, outcome });
  }
}
