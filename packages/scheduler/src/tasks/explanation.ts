import type { Estimate } from '../estimation/estimator.js';
import type { TaskState } from './task-options.js';

/**
 * Why a worker is out of the question for now.
 * - `capacity`: too small even when idle · `label`: required labels are missing, or forbidden ones there
 * - `draining`: takes no more tasks · `room`: too much of it is in use
 * - `task`: a task it must run with is not there, or one it must not run with is
 * - `held`: an earlier task waits for it (strategies that don't backfill)
 * - `reserved`: it is reserved for an earlier task, which this one might delay
 */
export type Obstacle = 'capacity' | 'draining' | 'held' | 'label' | 'reserved' | 'room' | 'task';

/** One worker, as a place for the task. */
export interface Candidate {
  readonly workerId: string;
  /** Missing where the task could start now. */
  readonly obstacle?: Obstacle;
  /** The obstacle in words, with its numbers. */
  readonly detail?: string;
  /** The sum of `terms`: among workers without obstacle the highest wins. */
  readonly score: number;
  /** Weighted terms of the score, by name. */
  readonly terms: Readonly<Record<string, number>>;
}

/** What `explain()` gives: the state of things at the time of the call. */
export interface Explanation {
  readonly id: string;
  readonly name: string;
  readonly strategy: string;
  readonly state: TaskState;
  /** Queued tasks before this one; `undefined` unless it is queued. */
  readonly ahead: number | undefined;
  /** Past its `maxWaitMs`, so that it goes first and has a worker set aside. */
  readonly overdue: boolean;
  /** Time spent in the queue so far. */
  readonly waitMs: number;
  /** Deadline − now − the estimated time left; `undefined` without a deadline, or after the end. */
  readonly slackMs: number | undefined;
  /** The run time predicted, on a worker of speed 1; of a task that started, what was predicted then. */
  readonly prediction: Estimate;
  /**
   * What a queued task waits for; `undefined` unless it is queued.
   * - `turn`: the next decision · `room`: that something ends · `capacity`: a worker that could run it
   * - `gang`: the other members of its gang · `retry`: the end of its pause · `quota`: that its tenant's other tasks end
   */
  readonly waitsFor: 'capacity' | 'gang' | 'quota' | 'retry' | 'room' | 'turn' | undefined;
  /** The workers in the order of preference, those with an obstacle last; empty unless the task is queued. */
  readonly candidates: readonly Candidate[];
  /** Where and when it would start if nothing else came, by the upper estimates of the running tasks; only if it has to wait. */
  readonly reservation: { readonly workerId: string; /** From now. */ readonly inMs: number } | undefined;
  /** The worker it runs on, or ran on last. */
  readonly workerId: string | undefined;
}
