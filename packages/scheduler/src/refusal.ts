import { invalidOption } from './errors.js';

/** @throws {SchedulerError} `ERR_SCHEDULER_INVALID_OPTION` unless `options` is an object of none but those. */
export function checkOptions(options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) throw invalidOption('options', options, 'an object');
  for (const option of Object.keys(options)) if (!known.includes(option)) throw invalidOption(option, 'given', known.length === 1 ? `${known[0]}` : `one of ${known.join(', ')}`);
}

/** @throws {SchedulerError} `ERR_SCHEDULER_INVALID_OPTION` unless `value` has those methods. */
export function checkMethods(option: string, value: unknown, methods: readonly string[]): void {
  if (typeof value !== 'object' || value === null) throw invalidOption(option, value, `an object with ${methods.join(', ')}`);
  for (const method of methods)
    if (typeof (value as Record<string, unknown>)[method] !== 'function') throw invalidOption(`${option}.${method}`, (value as Record<string, unknown>)[method], 'a function');
}

/** @throws {SchedulerError} `ERR_SCHEDULER_INVALID_OPTION` unless it is one, or none. */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal !== undefined && typeof (signal as Partial<AbortSignal> | null)?.addEventListener !== 'function') throw invalidOption('signal', signal, 'an AbortSignal');
}
