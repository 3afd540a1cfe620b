import { invalidTrace } from '../errors.js';
import { checkTraceTask, linesOf, type Trace, type TraceTask } from './trace.js';

/** Columns that are no needs. */
const TEXTS: readonly string[] = ['id', 'name', 'tenant'];
const NUMBERS: readonly string[] = ['submitMs', 'runMs', 'estimateMs', 'priority', 'deadlineMs', 'maxWaitMs'];

/**
 * Reads a trace in comma-separated rows. The first row names the columns: `id`, `name`, `tenant`, `submitMs`, `runMs`, `estimateMs`,
 * `priority`, `deadlineMs`, `maxWaitMs`, of which `submitMs` and `runMs` must be there; every other column is a need, such as
 * `cpu` or `memoryBytes`. Every row has as many fields; an empty one is left out. Fields may be quoted.
 * @throws {SchedulerError} `ERR_SCHEDULER_INVALID_TRACE` with the line.
 */
export function readCsv(text: string): Trace {
  const [head = '', ...lines] = linesOf(text);
  const columns = fieldsOf(head, 1).map((column) => column.trim());
  for (const column of ['submitMs', 'runMs']) if (!columns.includes(column)) throw invalidTrace(`line 1: there is no column ${column}`);
  for (const [index, column] of columns.entries()) if (column === '' || columns.indexOf(column) !== index) throw invalidTrace(`line 1: column ${index + 1} has no name, or that of another`);
  return { tasks: lines.flatMap((line, index) => (line.trim() === '' ? [] : [taskOf(columns, fieldsOf(line, index + 2), index + 2)])) };
}

/**
 * Reads a trace of one JSON object a line, each with the fields of a `TraceTask`; `id` and `name` may be left out.
 * @throws {SchedulerError} `ERR_SCHEDULER_INVALID_TRACE` with the line.
 */
export function readNdjson(text: string): Trace {
  const tasks: TraceTask[] = [];
  for (const [index, line] of linesOf(text).entries()) {
    if (line.trim() === '') continue;
    let value: TraceTask;
    try {
      value = JSON.parse(line) as TraceTask;
    } catch (error) {
      throw invalidTrace(`line ${index + 1}: ${(error as Error).message}`);
    }
    tasks.push(checked(typeof value === 'object' && value !== null ? { ...value, id: value.id ?? String(index + 1), name: value.name ?? 'task' } : value, index + 1));
  }
  return { tasks };
}

function taskOf(columns: readonly string[], fields: readonly string[], line: number): TraceTask {
  const task: Record<string, unknown> = { id: String(line - 1), name: 'task' };
  const needs: [string, number][] = [];
  if (fields.length !== columns.length) throw invalidTrace(`line ${line} has ${fields.length} fields, and there are ${columns.length} columns`);
  for (const [index, column] of columns.entries()) {
    const field = fields[index]?.trim() ?? '';
    if (field === '') continue;
    if (TEXTS.includes(column)) task[column] = field;
    else if (NUMBERS.includes(column)) task[column] = numberOf(field, column, line);
    else needs.push([column, numberOf(field, column, line)]);
  }
  if (needs.length > 0) task['needs'] = Object.fromEntries(needs);
  return checked(task as unknown as TraceTask, line);
}

function checked(task: TraceTask, line: number): TraceTask {
  checkTraceTask(task, `line ${line}`);
  return task;
}

function numberOf(field: string, column: string, line: number): number {
  const value = Number(field);
  if (!Number.isFinite(value)) throw invalidTrace(`line ${line}: ${column} is '${field}', expected a number`);
  return value;
}

/** Fields of one row (RFC 4180, without line breaks in fields). */
function fieldsOf(row: string, line: number): string[] {
  const fields: string[] = [];
  const pattern = /(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))(?=,|$)/gy;
  let end = 0;
  for (let match = pattern.exec(row); match !== null; match = pattern.exec(row)) {
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    end = pattern.lastIndex;
    if (end === row.length) break;
  }
  if (end !== row.length) throw invalidTrace(`line ${line}: a quote is not closed, or stands inside a field`);
  return fields;
}
