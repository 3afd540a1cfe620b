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

/** The lines of a text, however they end; a byte order mark is none of it. */
export function linesOf(text: string): string[] {
  if (typeof text !== 'string') throw invalidTrace('it is no text');
  return text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
}

/** Refuses what no task can be; the rest is checked where needs and selectors are taken apart. */
export function checkTraceTask(task: TraceTask, place: string): void {
  if (typeof task !== 'object' || task === null) throw invalidTrace(`${place} is not an object`);
  if (typeof task.id !== 'string') throw invalidTrace(`${place}: id is no string`);
  if (typeof task.name !== 'string' || task.name === '') throw invalidTrace(`${place}: name is no string, or empty`);
  if ('gang' in task) throw invalidTrace(`${place}: gang is given, and gangs are not simulated`);
  if (task.tenant !== undefined && typeof task.tenant !== 'string') throw invalidTrace(`${place}: tenant is no string`);
  for (const field of ['submitMs', 'runMs'] as const) if (!(Number.isFinite(task[field]) && task[field] >= 0)) throw invalidTrace(`${place}: ${field} is ${String(task[field])}, expected a number ≥ 0`);
  const { priority = 0, estimateMs = 1, deadlineMs = 1, maxWaitMs = 0 } = task;
  if (!(Number.isFinite(estimateMs) && estimateMs > 0)) throw invalidTrace(`${place}: estimateMs is ${String(estimateMs)}, expected a number above 0`);
  if (typeof deadlineMs !== 'number' || !(deadlineMs > 0)) throw invalidTrace(`${place}: deadlineMs is ${String(deadlineMs)}, expected a number above 0`);
  if (!Number.isFinite(priority)) throw invalidTrace(`${place}: priority is ${String(priority)}, expected a number`);
  if (typeof maxWaitMs !== 'number' || !(maxWaitMs >= 0)) throw invalidTrace(`${place}: maxWaitMs is ${String(maxWaitMs)}, expected a number ≥ 0`);
}
