export type MonitorErrorCode =
  | 'ERR_MONITOR_INVALID_OPTION'
  | 'ERR_MONITOR_SOURCE_UNAVAILABLE'
  | 'ERR_MONITOR_UNKNOWN_SERIES'
  | 'ERR_MONITOR_SERIES_EXISTS'
  | 'ERR_MONITOR_SERIES_LIMIT'
  | 'ERR_MONITOR_INVALID_RULES'
  | 'ERR_MONITOR_CLOSED';

/** What is wrong with a file of rules, and where. Lines and columns count from 1. */
export interface RuleProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Match on `code`: unlike `instanceof`, it works with two copies of this package in one process. */
export class MonitorError extends Error {
  override readonly name = 'MonitorError';
  readonly code: MonitorErrorCode;
  /** Of `ERR_MONITOR_INVALID_RULES`: all that is wrong, in the order of the file; else empty. */
  readonly problems: readonly RuleProblem[];

  constructor(code: MonitorErrorCode, message: string, { problems = [], ...options }: ErrorOptions & { readonly problems?: readonly RuleProblem[] } = {}) {
    super(message, options);
    this.code = code;
    this.problems = problems;
  }
}

export const invalidOption = (option: string, value: unknown, expected: string): MonitorError =>
  new MonitorError('ERR_MONITOR_INVALID_OPTION', `${option} is ${shown(value)}, expected ${expected}`);

export const sourceUnavailable = (source: string, reason: string, cause?: unknown): MonitorError =>
  new MonitorError('ERR_MONITOR_SOURCE_UNAVAILABLE', `${source} is not available: ${reason}`, { cause });

export const unknownSeries = (name: string, known: readonly string[]): MonitorError =>
  new MonitorError('ERR_MONITOR_UNKNOWN_SERIES', `no series ${shown(name)} among the ${known.length} known${nearest(name, known)}`);

export const seriesExists = (name: string): MonitorError =>
  new MonitorError('ERR_MONITOR_SERIES_EXISTS', `series ${shown(name)} exists already; give it another name or labels`);

export const seriesLimit = (name: string, maxSeries: number): MonitorError =>
  new MonitorError('ERR_MONITOR_SERIES_LIMIT', `no room for series ${shown(name)}: maxSeries is ${maxSeries}`);

export const invalidRules = (file: string, problems: readonly RuleProblem[]): MonitorError =>
  new MonitorError('ERR_MONITOR_INVALID_RULES', problems.map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`).join('\n'), { problems });

export const monitorClosed = (operation: string): MonitorError =>
  new MonitorError('ERR_MONITOR_CLOSED', `${operation} after close()`);

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return String(value);
}

/** Series with the same first word, as a hint for typos: `cpu.utilisation` → `cpu.utilization`. */
function nearest(name: string, known: readonly string[]): string {
  const [family = ''] = name.split('.');
  const candidates = known.filter((candidate) => candidate.startsWith(`${family}.`)).slice(0, 5);
  return candidates.length === 0 ? '' : `; is it one of ${candidates.join(', ')}?`;
}
