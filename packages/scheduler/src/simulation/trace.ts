import { invalidTrace } from '../errors.js';
import type { Affinity } from '../workers/labels.js';
import type { Needs } from '../workers/resources.js';

/** One task of a trace: what it asked for, and what became of it. Times in ms, from the beginning of the trace. */
export interface TraceTask {
  /** Told in the outcome. */
  readonly id: string;
  /** The kind of work, as far as the trace tells. */
  readonly name: string;
  /** At least 0. */
  readonly submitMs: number;
  /** How long it runs on a worker of speed 1; at least 0. Known to nobody before it ends. */
  readonly runMs: number;
  /** @default { cpu: 1 } */
  readonly needs?: Needs | undefined;
  readonly tenant?: string | undefined;
  /** What its owner said it would take at most; above 0. */
  readonly estimateMs?: number | undefined;
  readonly priority?: number | undefined;
  /** From its submission, above 0. */
  readonly deadlineMs?: number | undefined;
  readonly maxWaitMs?: number | undefined;
  readonly affinity?: Affinity | undefined;
  readonly antiAffinity?: Affinity | undefined;
}

/** Tasks in any order, and what the trace tells of the machine they came from. */
export interface Trace {
  readonly tasks: readonly TraceTask[];
  /** Processors of that machine, where the trace tells. */
  readonly processors?: number;
}

/** Refuses what no task can be; the rest is checked where needs and selectors are taken apart. */
export function checkTraceTask(task: TraceTask, place: string): void {
  if (typeof task !== 'object' || task === null) throw invalidTrace(`${place} is not an object`);
  if (typeof task.id !== 'string') throw invalidTrace(`${place}: id is no string`);
  if (typeof task.name !== 'string' || task.name === '') throw invalidTrace(`${place}: name is no string, or empty`);
  if (task.tenant !== undefined && typeof task.tenant !== 'string') throw invalidTrace(`${place}: tenant is no string`);
  for (const field of ['submitMs', 'runMs'] as const) if (!(Number.isFinite(task[field]) && task[field] >= 0)) throw invalidTrace(`${place}: ${field} is ${String(task[field])}, expected a number ≥ 0`);
  for (const field of ['estimateMs', 'deadlineMs'] as const) {
    const value = task[field];
    if (value !== undefined && !(value > 0)) throw invalidTrace(`${place}: ${field} is ${String(value)}, expected a number above 0`);
  }
  const { priority = 0, maxWaitMs = 0 } = task;
  if (!Number.isFinite(priority)) throw invalidTrace(`${place}: priority is ${String(priority)}, expected a number`);
  if (!(maxWaitMs >= 0)) throw invalidTrace(`${place}: maxWaitMs is ${String(maxWaitMs)}, expected a number ≥ 0`);
}
