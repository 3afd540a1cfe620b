import { invalidTrace } from '../errors.js';
import { linesOf, type Trace, type TraceTask } from './trace.js';

/** Fields of the format, by their place in a line. */
const JOB = 0;
const SUBMIT = 1;
const RUN = 3;
const ALLOCATED = 4;
const REQUESTED = 7;
const REQUESTED_TIME = 8;
const USER = 11;
const EXECUTABLE = 13;
const FIELDS = 18;

/**
 * Reads the Standard Workload Format of the Parallel Workloads Archive (Chapin, Cirne, Feitelson et al., 1999): a job a line, 18
 * numbers, -1 for what is unknown; `;` begins a line of comment. Further numbers in a line are left alone. Jobs without a run time or processors never ran and are left out.
 * The executable becomes the name, the user the tenant; both are anonymous numbers.
 * @throws {SchedulerError} `ERR_SCHEDULER_INVALID_TRACE` with the line.
 */
export function readSwf(text: string): Trace {
  const tasks: TraceTask[] = [];
  let processors: number | undefined;
  let nodes: number | undefined;
  for (const [index, line] of linesOf(text).entries()) {
    const content = line.trim();
    if (content === '') continue;
    if (content.startsWith(';')) {
      processors ??= headerOf(content, 'MaxProcs');
      nodes ??= headerOf(content, 'MaxNodes');
      continue;
    }
    const fields = content.split(/\s+/).map(Number);
    if (fields.length < FIELDS || !fields.every((field) => Number.isFinite(field))) throw invalidTrace(`line ${index + 1} has not ${FIELDS} numbers`);
    const task = taskOf(fields);
    if (task !== undefined) tasks.push(task);
  }
  const size = processors ?? nodes;
  return size === undefined ? { tasks } : { tasks, processors: size };
}

function taskOf(fields: readonly number[]): TraceTask | undefined {
  const at = (field: number): number => fields[field] ?? -1;
  const cpu = at(ALLOCATED) > 0 ? at(ALLOCATED) : at(REQUESTED);
  if (at(RUN) < 0 || cpu <= 0) return undefined;
  return {
    id: String(at(JOB)),
    name: at(EXECUTABLE) > 0 ? `executable ${at(EXECUTABLE)}` : 'job',
    tenant: at(USER) >= 0 ? `user ${at(USER)}` : undefined,
    submitMs: Math.max(0, at(SUBMIT)) * 1_000,
    runMs: at(RUN) * 1_000,
    estimateMs: at(REQUESTED_TIME) > 0 ? at(REQUESTED_TIME) * 1_000 : undefined,
    needs: { cpu },
  };
}

function headerOf(comment: string, name: string): number | undefined {
  const [, value] = new RegExp(String.raw`^;\s*${name}:\s*(\d+)`).exec(comment) ?? [];
  return value === undefined || Number(value) === 0 ? undefined : Number(value); // 0 stands for unknown, as -1 does.
}
