export type ProfilerErrorCode =
  | 'ERR_PROFILER_ALREADY_RECORDING'
  | 'ERR_PROFILER_CLOSED'
  | 'ERR_PROFILER_INSPECTOR_FAILED'
  | 'ERR_PROFILER_INSPECTOR_UNAVAILABLE'
  | 'ERR_PROFILER_INSPECTOR_UNREACHABLE'
  | 'ERR_PROFILER_INVALID_OPTION'
  | 'ERR_PROFILER_INVALID_PROFILE'
  | 'ERR_PROFILER_NOT_CONTINUOUS'
  | 'ERR_PROFILER_NOT_LIVE'
  | 'ERR_PROFILER_NOT_RECORDED'
  | 'ERR_PROFILER_NOT_RECORDING'
  | 'ERR_PROFILER_PUSH_FAILED'
  | 'ERR_PROFILER_READ_FAILED'
  | 'ERR_PROFILER_WRITE_FAILED';

/** Match on `code`: unlike `instanceof`, it works with two copies of this package in one process. */
export class ProfilerError extends Error {
  override readonly name = 'ProfilerError';
  readonly code: ProfilerErrorCode;
  constructor(code: ProfilerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export const invalidOption = (option: string, value: unknown, expected: string): ProfilerError =>
  new ProfilerError('ERR_PROFILER_INVALID_OPTION', `option ${option} is ${shown(value)}, expected ${expected}`);

export const alreadyRecording = (who: string): ProfilerError =>
  new ProfilerError('ERR_PROFILER_ALREADY_RECORDING', `${who}: stop that recording before starting another`);

export const notRecording = (name: string): ProfilerError =>
  new ProfilerError('ERR_PROFILER_NOT_RECORDING', `${name} has no such recording under way: it was never started, or is stopped already`);

export const closed = (name: string): ProfilerError => new ProfilerError('ERR_PROFILER_CLOSED', `${name} is closed`);

export const inspectorUnavailable = (cause?: unknown): ProfilerError =>
  new ProfilerError(
    'ERR_PROFILER_INSPECTOR_UNAVAILABLE',
    'this Node has no usable inspector, which profiling needs: was it built without, or does the permission model forbid it?',
    { cause },
  );

export const inspectorFailed = (method: string, cause: unknown): ProfilerError =>
  new ProfilerError('ERR_PROFILER_INSPECTOR_FAILED', `the inspector refused ${method}: ${cause instanceof Error ? cause.message : shown(cause)}`, { cause });

export const inspectorUnreachable = (where: string, cause: unknown): ProfilerError =>
  new ProfilerError('ERR_PROFILER_INSPECTOR_UNREACHABLE', `no inspector to talk to at ${where}: ${cause instanceof Error ? cause.message : shown(cause)}`, { cause });

export const notRecorded = (wanted: string): ProfilerError =>
  new ProfilerError('ERR_PROFILER_NOT_RECORDED', `this profile holds no ${wanted} samples: record it with { ${wanted}: true }`);

export const notContinuous = (name: string): ProfilerError =>
  new ProfilerError('ERR_PROFILER_NOT_CONTINUOUS', `${name} keeps no past: create it with { continuous: {} }`);

export const notLive = (): ProfilerError =>
  new ProfilerError('ERR_PROFILER_NOT_LIVE', "this recording knows no live heap to make a checkpoint of: start it with { memory: 'live' }");

export const invalidProfile = (where: string, value: unknown, expected: string): ProfilerError =>
  new ProfilerError('ERR_PROFILER_INVALID_PROFILE', `not a profile that can be read: ${where} is ${shown(value)}, expected ${expected}`);

export const readFailed = (path: string, cause: unknown): ProfilerError =>
  new ProfilerError('ERR_PROFILER_READ_FAILED', `cannot read ${path}: ${cause instanceof Error ? cause.message : shown(cause)}`, { cause });

export const pushFailed = (host: string, cause: unknown): ProfilerError =>
  new ProfilerError('ERR_PROFILER_PUSH_FAILED', `${host} did not take the profile: ${cause instanceof Error ? cause.message : shown(cause)}`, { cause });

export const writeFailed = (path: string, cause: unknown): ProfilerError =>
  new ProfilerError('ERR_PROFILER_WRITE_FAILED', `cannot write the profile to ${path}: ${cause instanceof Error ? cause.message : shown(cause)}`, { cause });

/** A value as evidence in a message: its kind where it has no short form. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
