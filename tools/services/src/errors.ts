export type ServicesErrorCode =
  | 'ERR_SERVICES_CLOSED'
  | 'ERR_SERVICES_DATA_IN_USE'
  | 'ERR_SERVICES_INVALID_OPTION'
  | 'ERR_SERVICES_INVALID_URL'
  | 'ERR_SERVICES_NO_CHROMIUM'
  | 'ERR_SERVICES_NO_POSTGRES'
  | 'ERR_SERVICES_NO_REDIS'
  | 'ERR_SERVICES_NOT_PRIVATE'
  | 'ERR_SERVICES_START_FAILED'
  | 'ERR_SERVICES_UNREACHABLE';

/** Match on `code`: unlike `instanceof`, it works with two copies of this package in one process. */
export class ServicesError extends Error {
  override readonly name = 'ServicesError';
  readonly code: ServicesErrorCode;

  constructor(code: ServicesErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export const invalidOption = (name: string, value: unknown, expected: string): ServicesError =>
  new ServicesError('ERR_SERVICES_INVALID_OPTION', `${name} must be ${expected}, not ${typeof value === 'string' ? `'${value}'` : String(value)}`);

/** The value stays out of the message: it may hold a password. */
export const invalidUrl = (variable: string, example: string): ServicesError =>
  new ServicesError('ERR_SERVICES_INVALID_URL', `${variable} is not a URL of the form ${example}`);

export const unreachable = (variable: string, title: string, address: string, cause: unknown): ServicesError =>
  new ServicesError('ERR_SERVICES_UNREACHABLE', `no ${title} at ${address}, which ${variable} names: ${reasonOf(cause)}`, { cause });

export const startFailed = (title: string, reason: string, output: readonly string[], cause?: unknown): ServicesError =>
  new ServicesError(
    'ERR_SERVICES_START_FAILED',
    `${title} did not start: ${reason}${output.length === 0 ? '' : `\nIts last output:\n  ${output.join('\n  ')}`}`,
    cause === undefined ? {} : { cause },
  );

export const dataInUse = (title: string, directory: string): ServicesError =>
  new ServicesError('ERR_SERVICES_DATA_IN_USE', `another ${title} is running on the data in ${directory}: end it, or choose another dataDirectory`);

export const notPrivate = (title: string, operation: string): ServicesError =>
  new ServicesError('ERR_SERVICES_NOT_PRIVATE', `${operation}() is for private servers; this ${title} was given. Start it with { alwaysPrivate: true }`);

export const closed = (title: string, operation: string): ServicesError =>
  new ServicesError('ERR_SERVICES_CLOSED', `${operation}() after close() of the ${title}`);

/** `tried`: what was looked for and why it would not do; `ways`: how to get one. */
export const missing = (
  code: 'ERR_SERVICES_NO_CHROMIUM' | 'ERR_SERVICES_NO_POSTGRES' | 'ERR_SERVICES_NO_REDIS',
  title: string,
  tried: readonly string[],
  ways: readonly string[],
): ServicesError => new ServicesError(code, `no ${title} to start. Tried:\n${list(tried)}\nWays to get one:\n${list(ways)}`);

const list = (lines: readonly string[]): string => lines.map((line) => `  - ${line}`).join('\n');

/**
 * What went wrong, in one line. Node wraps the refusals of a name with two addresses in an AggregateError without a
 * message. By shape, as `codeOf`: errors of Node itself are no `instanceof Error` in the realm that jest makes for tests.
 */
export function reasonOf(error: unknown): string {
  const { message = '', errors = [] } = (error ?? {}) as { readonly message?: string; readonly errors?: readonly unknown[] };
  return message || errors.map(reasonOf).join(', ') || String(error);
}

export const codeOf = (error: unknown): unknown => (error as { readonly code?: unknown } | null | undefined)?.code;
