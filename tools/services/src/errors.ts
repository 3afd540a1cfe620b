export type ServicesErrorCode =
  | 'ERR_SERVICES_CLOSED'
  | 'ERR_SERVICES_DATA_IN_USE'
  | 'ERR_SERVICES_INVALID_OPTION'
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
