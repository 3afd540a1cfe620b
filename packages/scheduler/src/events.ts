import diagnostics from 'node:diagnostics_channel';
import type { Estimate } from './estimation/estimator.js';

/** On `@fog/scheduler:task:submitted` and `:cancelled`. */
export interface TaskEvent {
  /** The scheduler's name. */
  readonly scheduler: string;
  readonly id: string;
  readonly name: string;
  readonly tenant: string | undefined;
}

/** On `@fog/scheduler:task:started`, `:requeued` and `:preempted`, `@fog/scheduler:deadline:at-risk` and `:missed`. */
export interface TaskPlacementEvent extends TaskEvent {
  /** Where it runs or ran last; empty before its first start. */
  readonly workerId: string;
  /** From `submit()` to its last start; 0 before it. */
  readonly waitMs: number;
  readonly attempt: number;
}

/** On `@fog/scheduler:task:retried`: it failed and will run again. */
export interface TaskRetriedEvent extends TaskPlacementEvent {
  readonly pauseMs: number;
}

/** On `@fog/scheduler:task:succeeded` and `:failed`. */
export interface TaskEndEvent extends TaskPlacementEvent {
  readonly durationMs: number;
  /** The median run time predicted for this worker when the task started. */
  readonly predictedMs: number;
}

/** On `@fog/scheduler:worker:added` and `:removed`. */
export interface WorkerEvent {
  readonly scheduler: string;
  readonly workerId: string;
}

/** What of a task is told. */
interface ToldTask {
  readonly id: string;
  readonly name: string;
  readonly tenant: string | undefined;
  readonly workerId: string | undefined;
  readonly attempt: number;
  readonly submittedMs: number;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly estimate: Estimate;
}

const submitted = diagnostics.channel('@fog/scheduler:task:submitted');
const started = diagnostics.channel('@fog/scheduler:task:started');
const requeued = diagnostics.channel('@fog/scheduler:task:requeued');
const succeeded = diagnostics.channel('@fog/scheduler:task:succeeded');
const failed = diagnostics.channel('@fog/scheduler:task:failed');
const cancelled = diagnostics.channel('@fog/scheduler:task:cancelled');
const retried = diagnostics.channel('@fog/scheduler:task:retried');
const preempted = diagnostics.channel('@fog/scheduler:task:preempted');
const atRisk = diagnostics.channel('@fog/scheduler:deadline:at-risk');
const missed = diagnostics.channel('@fog/scheduler:deadline:missed');
const added = diagnostics.channel('@fog/scheduler:worker:added');
const removed = diagnostics.channel('@fog/scheduler:worker:removed');

export function taskSubmitted(scheduler: string, task: ToldTask): void {
  if (submitted.hasSubscribers) submitted.publish(taskEvent(scheduler, task));
}

export function taskStarted(scheduler: string, task: ToldTask): void {
  if (started.hasSubscribers) started.publish(placementEvent(scheduler, task));
}

export function taskRequeued(scheduler: string, task: ToldTask): void {
  if (requeued.hasSubscribers) requeued.publish(placementEvent(scheduler, task));
}

export function taskSucceeded(scheduler: string, task: ToldTask, speed: number): void {
  if (succeeded.hasSubscribers) succeeded.publish(endEvent(scheduler, task, speed));
}

export function taskFailed(scheduler: string, task: ToldTask, speed: number): void {
  if (failed.hasSubscribers) failed.publish(endEvent(scheduler, task, speed));
}

export function taskCancelled(scheduler: string, task: ToldTask): void {
  if (cancelled.hasSubscribers) cancelled.publish(taskEvent(scheduler, task));
}

export function taskRetried(scheduler: string, task: ToldTask, pauseMs: number): void {
  if (retried.hasSubscribers) retried.publish({ ...placementEvent(scheduler, task), pauseMs } satisfies TaskRetriedEvent);
}

export function taskPreempted(scheduler: string, task: ToldTask): void {
  if (preempted.hasSubscribers) preempted.publish(placementEvent(scheduler, task));
}

export function deadlineAtRisk(scheduler: string, task: ToldTask): void {
  if (atRisk.hasSubscribers) atRisk.publish(placementEvent(scheduler, task));
}

export function deadlineMissed(scheduler: string, task: ToldTask): void {
  if (missed.hasSubscribers) missed.publish(placementEvent(scheduler, task));
}

export function workerAdded(scheduler: string, workerId: string): void {
  if (added.hasSubscribers) added.publish({ scheduler, workerId } satisfies WorkerEvent);
}

export function workerRemoved(scheduler: string, workerId: string): void {
  if (removed.hasSubscribers) removed.publish({ scheduler, workerId } satisfies WorkerEvent);
}

const taskEvent = (scheduler: string, { id, name, tenant }: ToldTask): TaskEvent => ({ scheduler, id, name, tenant });

const placementEvent = (scheduler: string, task: ToldTask): TaskPlacementEvent => ({
  ...taskEvent(scheduler, task),
  workerId: task.workerId ?? '',
  waitMs: Math.max(0, task.startedMs - task.submittedMs),
  attempt: task.attempt,
});

const endEvent = (scheduler: string, task: ToldTask, speed: number): TaskEndEvent => ({
  ...placementEvent(scheduler, task),
  durationMs: task.endedMs - task.startedMs,
  predictedMs: task.estimate.medianMs / speed,
});
